package network

import "github.com/vishvananda/netlink/nl"

// The package nl finds out the byte order of the machine at its first request, and
// keeps it in a variable without a lock: two sources that begin at once would both
// write it. So it is made to find out before anything begins.
var _ = nl.NativeEndian()
