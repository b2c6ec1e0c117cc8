"""The copy engine: from a file on a card to a proved blob in the vault.

The station's process holds a :class:`~ingest.copying.client.CopyWorker`; the work is done by the one child behind it
(``worker``), which knows neither catalogue nor keys. How a file goes::

    read ──> hash                      (reading: the card; job: what comes when)
       └───> write to each vault       (lanes: a thread each, every block passes all; partial: the copy and its journal)
                └─> checkpoints and groups ──> durable ──> read back from the medium ──> placed   (placing, medium)

Design, and what it rests on (two cores, ext4 on a virtual disk, Linux 6.18, Python 3.11, other work on the machine):

* **One process, threads.** Reading, hashing and writing release the interpreter lock; one thread hashes 1.75 GB/s. 4 GiB took
  6.5 s of processor time on two cores, two thirds of it in the two hashes that are the point.
* **Large files are written with O_DIRECT** in blocks of 1 MiB: 2.0-2.9 GB/s where buffered writing came to 0.33 GB/s, and the
  page cache is left alone. 2 or 4 MiB, two writing threads, or reserving the space made no difference beyond the spread, so:
  one thread, 1 MiB, space reserved (a full disk shows before the first byte). Files of at most one block are written through
  the page cache and synchronised in groups.
* **Proving follows writing.** Every 128 MiB of a file is made durable, read back and journalled while the rest is still being
  read. So a slow card hides the proof, a power cut costs 128 MiB at most, and a fast disk works at both ends.
* **Groups of small files** (64 MiB, 512 files or 1 s): 2,000 files of 200 KB took 1.4-1.6 s with one syncfs per 300 files,
  1.8-2.0 s with an fdatasync each.
* **SM3, in the suite gm, has a lane of its own.** One thread takes 350 MB/s of it (no instructions of the processor help), beside 1,790 MB/s of SHA-256; both
  release the interpreter lock, so side by side they pass 350 MB/s and one after the other 290. It is taken once more when the copy is read back (why:
  ``placing``), which is the same work again: 9.3 s of processor time for 1 GiB, against 2.7 s without SM3. Two cores do 230 MB/s so, more
  than one camera gives; four cards of 100 MB/s at once are held up by it, 35 MB/s are not.
* **The next small file is asked for ahead**, since reading one at a time waits for each: about a tenth of the time of 10,000.

Measured with page caches dropped, alternating; floor = dd read and write with fsync, then a cold dd re-read:

* 1 x 4 GiB: 7.3, 8.0, 9.5 s against a floor of 16.3, 17.3, 19.7 s; 8 x 512 MiB: 22.7, 24.8, 25.0 s against 46.3, 39.1, 48.2 s
  (the machine was under a load of 6 by then).
* 10,000 x 200 KB: 10.1, 11.2, 13.5 s against 12.9, 17.9, 18.4 s for cp, sync and openssl dgst of both.
* A card of 100 MB/s, 1 GB: 1.03-1.04 times merely reading it (1.10 once); of 35 MB/s: 1.005 times.
* The child: at most 35 MB of memory for one job, whatever its size; starts in 80 ms, while the station goes on.

Rules about order and durability stand where they are kept: ``placing``, ``partial``, ``medium``, ``ingest.vault``. They rest on
syncfs(2) reporting write errors: Linux 5.8 or newer.
"""
