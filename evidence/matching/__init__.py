"""Which footage belongs to which incident: a score with its reasons, from values alone. No disk, network, clock or database.

Rules it keeps:

* what is asked of one docking is asked of all its recordings at once: whose camera it was and how far its clock was off is one question
  for all of them, so a clock that is hours wrong, or a camera that somebody else carried, shows in what fits together and in what does not;
* a score is a probability under an assumption that is written down (:class:`~evidence.matching.belief.Belief`), never a sum of points;
* "it belongs to no incident" is always one of the answers;
* what is certain stays certain: a recording ended before its docking began, and a measured clock is not guessed at.
"""

from __future__ import annotations

from evidence.matching.belief import BELIEF, Belief
from evidence.matching.matcher import match
from evidence.matching.reasons import Reason
from evidence.matching.values import Carried, Dispatch, Duty, Fit, Material, Point, Recorded

__all__ = ["BELIEF", "Belief", "Carried", "Dispatch", "Duty", "Fit", "Material", "Point", "Reason", "Recorded", "match"]
