package gameserver_test

import (
	"encoding/json"
	"net"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/gameserver"
	"github.com/unity-homelab/unity/test/servers"
)

// openArena starts a server on which one bot plays, and opens a collector on it.
func openArena(t testing.TB) (server *servers.Server, settings plugintest.Settings) {
	t.Helper()
	const attempts = 3
	for range attempts { // its port may be taken for UDP, then it has another one
		server = servers.Start(t, servers.OpenArena(), "+set net_port {{port}}", "+set sv_hostname ^1Unity", "+set g_password only-for-tests")
		settings = plugintest.Settings{"protocol": "openarena", "host": server.Address()}
		if values(t, open(t, settings))["game_server_online"] == 1 {
			return server, settings
		}
	}
	t.Fatal("OpenArena answers at none of its ports")
	return nil, nil
}

func open(t testing.TB, settings plugintest.Settings) plugin.Collector {
	t.Helper()
	return plugintest.Live(t, gameserver.Plugin(), settings.JSON(t))
}

func values(t testing.TB, c plugin.Collector) map[string]float64 {
	t.Helper()
	return plugintest.Values(plugintest.CollectAll(t, gameserver.Plugin(), c))
}

// row is the server in the snapshot.
func row(t testing.TB, batch *plugin.Batch) (server map[string]any, players []map[string]any) {
	t.Helper()
	var document struct {
		Servers []map[string]any `json:"servers"`
		Players []map[string]any `json:"players_list"`
	}
	if err := json.Unmarshal(batch.Snapshot(), &document); err != nil || len(document.Servers) != 1 {
		t.Fatalf("the snapshot is %s: %v", batch.Snapshot(), err)
	}
	return document.Servers[0], document.Players
}

// quakestat is what QStat, a client of its own, reads from a server.
type quakestat struct {
	Status  string
	Name    string
	Map     string
	Players []struct {
		Name  string
		Score float64
		Time  string
	}
	NumPlayers, MaxPlayers float64
}

func readQuakestat(t *testing.T, protocol, address string) quakestat {
	t.Helper()
	program, err := exec.LookPath("quakestat")
	if err != nil {
		plugintest.Skip(t, "needs quakestat (apt-get install qstat)")
	}
	out, err := exec.CommandContext(t.Context(), program, "-json", "-nh", "-interval", "2", "-"+protocol, address, "-P").Output()
	if err != nil {
		t.Fatalf("quakestat: %v", err)
	}
	var read []quakestat
	if err := json.Unmarshal(out, &read); err != nil || len(read) != 1 {
		t.Fatalf("quakestat says %s: %v", out, err)
	}
	return read[0]
}

// agree compares what the plugin and QStat read.
func agree(t *testing.T, batch *plugin.Batch, other quakestat) {
	t.Helper()
	server, players := row(t, batch)
	got := plugintest.Values(batch)
	if other.Status != "online" || server["map"] != other.Map || got["game_server_players_online"] != other.NumPlayers || got["game_server_players_max"] != other.MaxPlayers {
		t.Errorf("the plugin reads %v with %v, quakestat %+v", server, got, other)
	}
	scores := make(map[any]any)
	for _, p := range other.Players { // in an order of its own
		if p.Name != "" { // who still connects
			scores[p.Name] = p.Score
		}
	}
	if len(players) != len(scores) {
		t.Fatalf("the plugin lists %v, quakestat %+v", players, other.Players)
	}
	for _, p := range players {
		if score, there := scores[p["name"]]; !there || p["score"] != score {
			t.Errorf("the plugin lists %v, quakestat %+v", p, other.Players)
		}
	}
}

func TestFiguresAreThoseOfQuakestat(t *testing.T) {
	t.Parallel()
	_, settings := openArena(t)
	host, _ := settings["host"].(string)
	batch := plugintest.CollectAll(t, gameserver.Plugin(), open(t, settings))
	agree(t, batch, readQuakestat(t, "q3s", host))
	got := plugintest.Values(batch)
	for name, want := range map[string]float64{
		"game_server_online": 1, "game_server_players_online": 1, "game_server_bots": 1, "game_server_players_max": 8, "game_server_password_required": 1,
	} {
		if value, there := got[name]; !there || value != want {
			t.Errorf("%s is %v, want %v", name, value, want)
		}
	}
	if took, there := got["game_server_response_seconds"]; there && took <= 0 {
		t.Errorf("it took %v s to answer", took)
	}
	server, players := row(t, batch)
	if server["title"] != "Unity" || len(players) != 1 || players[0]["bot"] != true {
		t.Errorf("the page shows %v with %v", server, players)
	}
}

func TestAServerThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	server, settings := openArena(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	c, host := open(t, settings), plugintest.LiveHost(t, gameserver.Plugin())
	quick := plugintest.Open(t, gameserver.Plugin(), settings.With(plugintest.Settings{"timeout": "300ms", "retries": 1}).JSON(t), host)
	away := func(c plugin.Collector, reason, why string) {
		t.Helper()
		batch := plugintest.CollectAll(t, gameserver.Plugin(), c)
		got := plugintest.Values(batch)
		page, _ := row(t, batch)
		if got["game_server_online"] != 0 || got[`game_server_query_failures_total{reason="`+reason+`"}`] != 1 || page["error"] != why || page["hint"] == "" {
			t.Errorf("it says %v, %v; want %s: %s", got, page, reason, why)
		}
		if _, there := got["game_server_players_online"]; there {
			t.Error("there are players on a server that does not answer")
		}
	}
	kinds := func(c plugin.Collector) (all []string) {
		t.Helper()
		for _, event := range plugintest.CollectAll(t, gameserver.Plugin(), c).Events() {
			all = append(all, event.Kind)
		}
		return all
	}
	if got := kinds(c); len(got) != 0 {
		t.Errorf("at first it tells %v", got)
	}
	server.Kill()
	away(c, "refused", "nothing listens on the port")
	must(server.Start())
	if got := kinds(c); len(got) != 1 || got[0] != "game_server_online" {
		t.Errorf("after the start it tells %v", got)
	}
	must(server.Pause())
	away(quick, "timeout", "no answer to the query")
	must(server.Resume())
	if values(t, c)["game_server_online"] != 1 {
		t.Error("it is not there again when it goes on")
	}
}

// TestQuakestatReadsTheFakeOfSource shows that the fake server of A2S, on which
// the cases are built, is one that others understand as well.
func TestQuakestatReadsTheFakeOfSource(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"source", "source-split"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := overUDP(t, name)
			batch := plugintest.CollectAll(t, gameserver.Plugin(), open(t, plugintest.Settings{"protocol": "source", "host": address}))
			agree(t, batch, readQuakestat(t, "a2s", address))
		})
	}
}

// overUDP serves the answers of a case over real UDP, and returns where.
func overUDP(t *testing.T, name string) string {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	answers := make(map[string][]byte)
	for _, section := range archive.Files {
		if question, found := strings.CutPrefix(section.Name, "answer "); found {
			answers[question] = section.Data
		}
	}
	socket, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	go func() {
		buffer := make([]byte, 2<<10)
		for {
			n, from, err := socket.ReadFrom(buffer)
			if err != nil {
				return // closed with the test
			}
			asked, token := questionOf(buffer[:n])
			for _, packet := range packetsOf(answers[asked], token) {
				_, _ = socket.WriteTo(packet, from)
			}
		}
	}()
	return socket.LocalAddr().String()
}

// BenchmarkCollect is one run on a real server.
func BenchmarkCollect(b *testing.B) {
	_, settings := openArena(b)
	plugintest.Benchmark(b, gameserver.Plugin(), open(b, settings))
}
