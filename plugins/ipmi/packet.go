package ipmi

import (
	"bytes"
	"crypto/hmac"
	"encoding/binary"
)

// What is in the headers of packets.
const (
	rmcpVersion  = 6
	rmcpNoAnswer = 0xff // sequence number of RMCP for "say nothing back"
	rmcpIPMI     = 7
	formatPlus   = 6 // of a session of IPMI 2.0
	nextHeader   = 7

	payloadMessage                    = 0x00
	payloadOpen, payloadOpened        = 0x10, 0x11
	payloadRAKP1, payloadRAKP2        = 0x12, 0x13
	payloadRAKP3, payloadRAKP4        = 0x14, 0x15
	payloadProved, payloadHidden      = 0x40, 0x80
	payloadKind                       = 0x3f
	packetHeader, sessionFields       = 4, 12
	controller, console               = 0x20, 0x81 // addresses in messages
	messageOverhead, lunBits          = 7, 2
	answerBit                    byte = 1 // of the function of an answer
)

// pack wraps a payload in the headers of a packet, proved and hidden when there
// are keys.
func pack(kind byte, payload []byte, session, sequence uint32, k *keys) []byte {
	if k != nil {
		kind |= payloadProved | payloadHidden
		payload = k.encrypt(payload)
	}
	packet := []byte{rmcpVersion, 0, rmcpNoAnswer, rmcpIPMI, formatPlus, kind}
	packet = binary.LittleEndian.AppendUint32(packet, session)
	packet = binary.LittleEndian.AppendUint32(packet, sequence)
	packet = binary.LittleEndian.AppendUint16(packet, uint16(len(payload)))
	packet = append(packet, payload...)
	if k == nil {
		return packet
	}
	const word = 4
	fill := (word - (len(packet)-packetHeader+2)%word) % word
	packet = append(packet, bytes.Repeat([]byte{0xff}, fill)...)
	packet = append(packet, byte(fill), nextHeader)
	return append(packet, k.code(packet[packetHeader:])...)
}

// unpack returns the payload of a packet of the kind for the session. What is
// not proved where it has to be, or of another session, is nothing.
func unpack(packet []byte, kind byte, session uint32, k *keys) ([]byte, error) {
	const begin = packetHeader + sessionFields
	if len(packet) < begin || packet[0] != rmcpVersion || packet[3] != rmcpIPMI || packet[4] != formatPlus {
		return nil, errGarbled
	}
	length := int(binary.LittleEndian.Uint16(packet[begin-2:]))
	if packet[5]&payloadKind != kind || binary.LittleEndian.Uint32(packet[6:]) != session || len(packet) < begin+length {
		return nil, errGarbled
	}
	payload := packet[begin : begin+length]
	if k == nil {
		return payload, nil
	}
	end := len(packet) - k.suite.codeBytes
	if packet[5]&(payloadProved|payloadHidden) != payloadProved|payloadHidden || end < begin+length ||
		!hmac.Equal(packet[end:], k.code(packet[packetHeader:end])) {
		return nil, errGarbled
	}
	return k.decrypt(payload)
}

// question is a command to the controller.
type question struct {
	function, number byte
	lun              byte
	data             []byte
}

func sum(data []byte) byte {
	var total byte
	for _, b := range data {
		total += b
	}
	return -total
}

// message writes a command down.
func (c question) message(sequence byte) []byte {
	message := []byte{controller, c.function<<lunBits | c.lun}
	message = append(message, sum(message), console, sequence<<lunBits, c.number)
	message = append(message, c.data...)
	return append(message, sum(message[3:]))
}

// answer returns what a message says in answer to the command: the completion
// code and the data.
func (c question) answer(message []byte, sequence byte) ([]byte, error) {
	if len(message) < messageOverhead+1 || message[1]>>lunBits != c.function|answerBit || message[4]>>lunBits != sequence ||
		message[5] != c.number || sum(message[:3]) != 0 || sum(message[3:]) != 0 {
		return nil, errGarbled
	}
	return message[6 : len(message)-1], nil
}
