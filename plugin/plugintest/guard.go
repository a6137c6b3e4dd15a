package plugintest

import "sync"

// Guard is for stand-ins of servers to embed: they hold it while they answer, and a
// test changes them between two runs.
type Guard struct{ sync.Mutex }

// Change does something to what embeds it, while that does not answer.
func (g *Guard) Change(do func()) {
	g.Lock()
	defer g.Unlock()
	do()
}
