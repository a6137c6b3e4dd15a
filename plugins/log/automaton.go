package log

import "slices"

// automaton finds many literals in one pass over a line, without regard to the
// case of ASCII (Aho and Corasick). It says which expressions are worth trying:
// most lines hold none of the literals, and cost one look per byte.
type automaton struct {
	class [256]uint16 // bytes that no literal has are all alike
	width uint32      // classes
	next  []uint32    // by state times width plus class; holds states times width
	// Literals end in the last states only.
	firstEnd uint32
	ends     []uint64 // by state, beginning with the first of those
	always   uint64   // the marks of expressions that have no literals
}

// literalsOf are the literals of which any match of an expression holds one,
// with the bit that stands for the expression.
type literalsOf struct {
	literals []string // in small letters
	bit      uint64
}

// node is a state while the automaton is built.
type node struct {
	children map[byte]int
	fail     int
	ends     uint64
}

func newAutomaton(wanted []literalsOf) *automaton {
	a := &automaton{}
	nodes := []node{{children: make(map[byte]int)}}
	var all uint64
	for _, w := range wanted {
		if len(w.literals) == 0 {
			a.always |= w.bit
		}
		all |= w.bit
		for _, literal := range w.literals {
			at := 0
			for _, b := range []byte(literal) {
				to, ok := nodes[at].children[b]
				if !ok {
					to = len(nodes)
					nodes = append(nodes, node{children: make(map[byte]int)})
					nodes[at].children[b] = to
				}
				at = to
			}
			nodes[at].ends |= w.bit
		}
	}
	order := connect(nodes)
	a.classify(nodes)
	a.fill(nodes, order)
	return a
}

// connect finds for every state where to go on when no literal goes on, and
// returns the states in the order of their depth.
func connect(nodes []node) []int {
	order := []int{0}
	for i := 0; i < len(order); i++ {
		at := order[i]
		for b, to := range nodes[at].children {
			if at != 0 {
				fail := nodes[at].fail
				for {
					if next, ok := nodes[fail].children[b]; ok {
						nodes[to].fail = next
						break
					}
					if fail == 0 {
						break
					}
					fail = nodes[fail].fail
				}
			}
			nodes[to].ends |= nodes[nodes[to].fail].ends
			order = append(order, to)
		}
	}
	return order
}

// classify numbers the bytes that occur in literals.
func (a *automaton) classify(nodes []node) {
	a.width = 1
	for _, n := range nodes {
		for b := range n.children {
			if a.class[b] == 0 {
				a.class[b] = uint16(a.width)
				a.width++
			}
		}
	}
	for b := byte('a'); b <= 'z'; b++ {
		a.class[b-0x20] = a.class[b]
	}
}

// fill writes the table. States in which a literal ends get the last numbers.
func (a *automaton) fill(nodes []node, order []int) {
	number := make([]uint32, len(nodes))
	plain := slices.DeleteFunc(slices.Clone(order), func(n int) bool { return nodes[n].ends != 0 })
	ending := slices.DeleteFunc(slices.Clone(order), func(n int) bool { return nodes[n].ends == 0 })
	for i, n := range append(plain, ending...) {
		number[n] = uint32(i) * a.width
	}
	a.firstEnd = uint32(len(plain)) * a.width
	a.ends = make([]uint64, len(ending))
	a.next = make([]uint32, uint32(len(nodes))*a.width)
	for _, n := range order { // where it fails to is filled before
		row := a.next[number[n] : number[n]+a.width]
		if n != 0 {
			fail := number[nodes[n].fail]
			copy(row, a.next[fail:fail+a.width])
		}
		for b, to := range nodes[n].children {
			row[a.class[b]] = number[to]
		}
		if nodes[n].ends != 0 {
			a.ends[(number[n]-a.firstEnd)/a.width] = nodes[n].ends
		}
	}
}

// look returns the marks of all expressions that may match the line.
func (a *automaton) look(line []byte) uint64 {
	found, state, next := a.always, uint32(0), a.next
	for _, b := range line {
		state = next[state+uint32(a.class[b])]
		if state >= a.firstEnd {
			found |= a.ends[(state-a.firstEnd)/a.width]
		}
	}
	return found
}
