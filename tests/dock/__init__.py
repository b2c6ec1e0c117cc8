"""The dock lab: a virtual machine with a real kernel, udevd, UDisks2 and systemd, into which cameras are plugged and pulled out."""
