package networkswitch

import (
	"context"
	"strings"
)

// budget is the power that a part of the device can give to its ports.
type budget struct {
	group       string
	watts, used float64
	usedKnown   bool
}

// The states of a port that can give power.
const (
	poeOff        = "off"
	poeSearching  = "searching"
	poeDelivering = "delivering"
	poeFault      = "fault"
)

// readPoE asks which ports give power.
func (c *collector) readPoE(ctx context.Context, s *survey) error {
	c.bind(s) // every run has ports of its own
	if !c.slowDue && !c.slow.known[partPoE] {
		return nil
	}
	rows, err := c.session.walk(ctx, "its power over Ethernet", pethPortAdmin, pethPortDetection, pethPortClass, pethMainPower, pethMainUsed)
	if err != nil {
		return err
	}
	indexes := rows.indexes(pethPortDetection)
	c.slow.known[partPoE] = len(indexes) > 0 || len(rows[pethMainPower]) > 0
	for _, index := range indexes {
		_, number, _ := strings.Cut(index, ".")
		// The document does not say which interface a port is: it is the bridge's
		// port of that number on most devices, and the interface of it on the rest.
		p := s.byBase[number]
		if p == nil {
			p = s.byIndex[number]
		}
		if p == nil || !p.real() {
			continue
		}
		p.poe = word(rows[pethPortDetection][index], poeOff, poeSearching, poeDelivering, poeFault, "test", poeFault)
		if v, ok := rows.at(pethPortAdmin, index); ok && v.number == 2 {
			p.poe = poeOff
		}
		if v, ok := rows.at(pethPortClass, index); ok && v.isNumber() && v.number >= 1 && p.poe == poeDelivering {
			p.poeClass, p.poeClassKnown = v.number-1, true
		}
	}
	for _, group := range rows.indexes(pethMainPower) {
		watts := rows[pethMainPower][group]
		if !watts.isNumber() || watts.number <= 0 {
			continue
		}
		b := budget{group: group, watts: watts.number}
		if used, ok := rows.at(pethMainUsed, group); ok && used.isNumber() {
			b.used, b.usedKnown = used.number, true
		}
		s.budgets = append(s.budgets, b)
	}
	return nil
}
