package networkswitch_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/gosnmp/gosnmp"

	"github.com/unity-homelab/unity/plugin/plugintest"
)

// device is what an agent answers from: its values in order, and its habits.
type device struct {
	values    []gosnmp.SnmpPDU
	places    [][]uint32
	community string // the only one that gets answers
	most      int    // values that fit into an answer; 0 is no limit
	denied    bool
	raw       []byte // sent in place of an answer
}

// numbersOf takes an OID apart, or returns nil.
func numbersOf(oid string) []uint32 {
	var numbers []uint32
	for text := range strings.SplitSeq(strings.TrimPrefix(oid, "."), ".") {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return nil
		}
		numbers = append(numbers, uint32(n))
	}
	if len(numbers) < 2 || numbers[0] > 2 || numbers[1] > 39 {
		return nil
	}
	return numbers
}

// parseDevice reads a value a line: OID, kind and value, as a recording has them.
// Lines that make no sense are left out.
func parseDevice(text []byte) *device {
	d := &device{}
	if raw, is := bytes.CutPrefix(text, []byte("!")); is {
		d.raw = raw
		return d
	}
	for line := range strings.Lines(string(text)) {
		oid, rest, _ := strings.Cut(strings.TrimRight(line, "\n"), " ")
		kind, value, _ := strings.Cut(rest, " ")
		switch oid {
		case "community":
			d.community = kind
			continue
		case "most":
			d.most, _ = strconv.Atoi(kind)
			continue
		case "denied":
			d.denied = true
			continue
		}
		if pdu, ok := parseValue(oid, kind, value); ok {
			d.values = append(d.values, pdu)
		}
	}
	slices.SortStableFunc(d.values, func(a, b gosnmp.SnmpPDU) int { return slices.Compare(numbersOf(a.Name), numbersOf(b.Name)) })
	for _, pdu := range d.values {
		d.places = append(d.places, numbersOf(pdu.Name))
	}
	return d
}

func parseValue(oid, kind, text string) (gosnmp.SnmpPDU, bool) {
	pdu := gosnmp.SnmpPDU{Name: "." + strings.TrimPrefix(oid, ".")}
	if numbersOf(oid) == nil {
		return pdu, false
	}
	small, err := strconv.ParseUint(text, 10, 32)
	switch kind {
	case "int":
		var n int64
		n, err = strconv.ParseInt(text, 10, 32)
		pdu.Type, pdu.Value = gosnmp.Integer, int(n)
	case "counter":
		pdu.Type, pdu.Value = gosnmp.Counter32, uint32(small)
	case "gauge":
		pdu.Type, pdu.Value = gosnmp.Gauge32, uint32(small)
	case "ticks":
		pdu.Type, pdu.Value = gosnmp.TimeTicks, uint32(small)
	case "counter64":
		var n uint64
		n, err = strconv.ParseUint(text, 10, 64)
		pdu.Type, pdu.Value = gosnmp.Counter64, n
	case "text":
		pdu.Type, pdu.Value, err = gosnmp.OctetString, []byte(text), nil
	case "hex":
		var raw []byte
		raw, err = hex.DecodeString(text)
		pdu.Type, pdu.Value = gosnmp.OctetString, raw
	case "oid":
		pdu.Type, pdu.Value, err = gosnmp.ObjectIdentifier, text, nil
		if numbersOf(text) == nil {
			return pdu, false
		}
	default:
		return pdu, false
	}
	return pdu, err == nil
}

// after returns the first value beyond an OID.
func (d *device) after(oid string) gosnmp.SnmpPDU {
	i, there := slices.BinarySearchFunc(d.places, numbersOf(oid), slices.Compare[[]uint32])
	if there {
		i++
	}
	if i >= len(d.values) {
		return gosnmp.SnmpPDU{Name: oid, Type: gosnmp.EndOfMibView}
	}
	return d.values[i]
}

func (d *device) at(oid string) gosnmp.SnmpPDU {
	if i, there := slices.BinarySearchFunc(d.places, numbersOf(oid), slices.Compare[[]uint32]); there {
		return d.values[i]
	}
	return gosnmp.SnmpPDU{Name: oid, Type: gosnmp.NoSuchObject}
}

// answer answers one packet of version 1 or 2c, or says nothing.
func (d *device) answer(packet []byte) []byte {
	if d.raw != nil {
		return d.raw
	}
	decoder := &gosnmp.GoSNMP{Version: gosnmp.Version2c}
	asked, err := decoder.SnmpDecodePacket(packet)
	if err != nil || asked.Version == gosnmp.Version3 || d.community != "" && asked.Community != d.community {
		return nil
	}
	answer := &gosnmp.SnmpPacket{Version: asked.Version, Community: asked.Community, PDUType: gosnmp.GetResponse, RequestID: asked.RequestID}
	for round := range max(1, int(asked.MaxRepetitions)) {
		for i := range asked.Variables {
			next := d.at
			at := asked.Variables[i].Name
			if asked.PDUType != gosnmp.GetRequest {
				next = d.after
				if round > 0 {
					at = answer.Variables[len(answer.Variables)-len(asked.Variables)].Name
				}
			}
			pdu := next(at)
			none := pdu.Type == gosnmp.EndOfMibView || pdu.Type == gosnmp.NoSuchObject
			if asked.Version == gosnmp.Version1 && (none || pdu.Type == gosnmp.Counter64) {
				answer.Error, answer.ErrorIndex = gosnmp.NoSuchName, uint8(i+1)
			}
			answer.Variables = append(answer.Variables, pdu)
		}
	}
	switch {
	case d.denied:
		answer.Error = gosnmp.AuthorizationError
	case d.most > 0 && len(answer.Variables) > d.most:
		answer.Error = gosnmp.TooBig
	}
	if answer.Error != gosnmp.NoError {
		answer.Variables = asked.Variables
		for i := range answer.Variables {
			answer.Variables[i].Type, answer.Variables[i].Value = gosnmp.Null, nil
		}
	}
	raw, err := answer.MarshalMsg()
	if err != nil { // a value that no packet can hold
		answer.Error, answer.Variables = gosnmp.GenErr, []gosnmp.SnmpPDU{{Name: ".1.3.6.1", Type: gosnmp.Null}}
		raw, _ = answer.MarshalMsg()
	}
	return raw
}

// serve answers the packets of a stream from what the case has under "walk".
func serve(conn net.Conn, ask func(question string) ([]byte, error)) {
	from := bufio.NewReader(conn)
	var last []byte
	played := &device{}
	for {
		packet, err := readPacket(from)
		if err != nil {
			return
		}
		text, err := ask("walk")
		if errors.Is(err, plugintest.ErrNotInCase) {
			text, err = nil, nil
		}
		if err != nil {
			return
		}
		if !bytes.Equal(text, last) {
			last, played = text, parseDevice(text)
		}
		if raw := played.answer(packet); len(raw) > 0 {
			if _, err := conn.Write(raw); err != nil {
				return
			}
		}
	}
}

// readPacket reads one packet, whose length is in its beginning.
func readPacket(from *bufio.Reader) ([]byte, error) {
	const long = 0x80
	head, err := from.Peek(2)
	if err != nil {
		return nil, err
	}
	size, start := int(head[1]), 2
	if head[1] > long {
		more := int(head[1] - long)
		if head, err = from.Peek(2 + more); err != nil {
			return nil, err
		}
		size, start = 0, 2+more
		for _, b := range head[2:] {
			size = size<<8 | int(b)
		}
	}
	packet := make([]byte, start+size)
	_, err = io.ReadFull(from, packet)
	return packet, err
}
