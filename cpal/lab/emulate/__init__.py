"""Emulators of network devices: a configuration that is kept, and the vendor's own API around it.

They are emulators, not devices: nothing is forwarded, and no more is claimed of a test against them than that. What
they do is keep state: they accept the configuration pushed, refuse what their grammar does not know in the vendor's
words, hold candidates, sessions, timers and a startup configuration, and answer `show` commands from what they hold.

words    the words of a command line: addresses, names of interfaces, ranges
grammar  which lines a make knows, as a text that is compiled: nesting, identity of a line, what `no` leaves
tree     a configuration: lines in order, with lines below them
editor   command lines applied to a tree
device   one device: running and startup configuration, cables, what is learned, uptime, reboot
faults   told failures: refuse, hang, drop, reboot, at any command
fleet    many devices in one event loop, each at an address of its own
control  the interface by which a test cables, breaks and reboots them
shell    a command line over SSH; scp: files that go with it
eos      Arista EOS over eAPI
ios      Cisco IOS over SSH
junos    Juniper Junos over NETCONF
nxos     Cisco NX-OS over NX-API

They are built from the vendors' public documentation and from recorded answers; no driver's code is in them.
"""
