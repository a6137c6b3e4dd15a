package gameserver

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The answer that is split in the tests, and the same packed by bzip2.
const (
	list   = "\xff\xff\xff\xffD\x01\x00ada\x00\x05\x00\x00\x00\x00\x00\x80\x3f"
	packed = "425a68393141592653595c805a8a000009cd40e20000008400240040000000a000221a313420c988c16a166a081a773c5dc914e1424172016a28"
)

// zipped is the list behind its size and its checksum.
func zipped(t *testing.T) string {
	t.Helper()
	raw, err := hex.DecodeString(packed)
	if err != nil {
		t.Fatal(err)
	}
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(list)))
	head = binary.LittleEndian.AppendUint32(head, crc32.ChecksumIEEE([]byte(list)))
	return string(append(head, raw...))
}

func TestAnswersInSeveralPacketsArePutTogether(t *testing.T) {
	t.Parallel()
	whole := zipped(t)
	const number, packedNumber = "\x07\x00\x00\x00", "\x07\x00\x00\x80"
	for name, parts := range map[string][]string{
		"one packet":                   {list},
		"of Source":                    {split + number + "\x02\x00\xe0\x04" + list[:9], split + number + "\x02\x01\xe0\x04" + list[9:]},
		"the other way round":          {split + number + "\x02\x01\xe0\x04" + list[9:], split + number + "\x02\x00\xe0\x04" + list[:9]},
		"of Source before 2007":        {split + number + "\x02\x00" + list[:9], split + number + "\x02\x01" + list[9:]},
		"of GoldSource":                {split + number + "\x02" + list[:9], split + number + "\x12" + list[9:]},
		"one of them twice":            {split + number + "\x02" + list[:9], split + number + "\x02" + list[:9], split + number + "\x12" + list[9:]},
		"packed":                       {split + packedNumber + "\x02\x00\xe0\x04" + whole[:20], split + packedNumber + "\x02\x01\xe0\x04" + whole[20:]},
		"after one that never ended":   {split + "\x06\x00\x00\x00\x02\x00\xe0\x04" + list[:9], list},
		"after another that is not it": {split + "\x06\x00\x00\x00\x02\x00\xe0\x04" + "xx", split + number + "\x02\x00\xe0\x04" + list[:9], split + number + "\x02\x01\xe0\x04" + list[9:]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p packets
			for i, part := range parts {
				body, done, err := p.add([]byte(part))
				if err != nil || done != (i == len(parts)-1) {
					t.Fatalf("packet %d: done %t, %v", i, done, err)
				}
				if done && string(body) != list[4:] {
					t.Errorf("it is %q", body)
				}
			}
		})
	}
}

func TestPackedAnswersAreChecked(t *testing.T) {
	t.Parallel()
	good := zipped(t)
	if got, err := unzip([]byte(good)); err != nil || string(got) != list {
		t.Errorf("unpacked it is %q: %v", got, err)
	}
	for name, bad := range map[string]string{
		"short":              good[:7],
		"cut":                good[:len(good)-5],
		"of another size":    "\x01" + good[1:],
		"with another sum":   good[:4] + "\x00" + good[5:],
		"larger than it may": "\xff\xff\xff\x7f" + good[4:],
	} {
		if got, err := unzip([]byte(bad)); err == nil {
			t.Errorf("%s: it is %q", name, got)
		}
	}
}

func TestTicksOfEachKindOfServerAreFound(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]map[string]float64{
		"TPS from last 1m, 5m, 15m: 20.0, *20.0, 17.25\nCurrent Memory Usage: 1/2 mb": {"1m": 20, "5m": 20, "15m": 17.25},
		"TPS from last 5s, 1m, 5m, 15m: 19.9, 20.0, 20.0, 20.0":                       {"5s": 19.9, "1m": 20, "5m": 20, "15m": 20},
		"TPS from last 1m, 5m, 15m: 20.0":                                             {"1m": 20},
		"TPS from last 1h: 20.0":                                                      {},
		"Overall : Mean tick time: 0.512 ms. Mean TPS: 20.000":                        {"5s": 20},
		"Overall: 19.500 TPS (51.204 ms/tick)":                                        {"5s": 19.5},
		"Overall: 99999999999 TPS (0 ms/tick)":                                        {},
		"Unknown command. Type \"/help\" for help.":                                   {},
	} {
		if difference := cmp.Diff(want, parseTicks(said)); difference != "" {
			t.Errorf("%q: %s", said, difference)
		}
	}
}

func TestVersionsAreBounded(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Paper 1.21.8": "1.21.8", "1.21.9-pre2": "1.21.9-pre2", "25w31a": "25w31a", "ioq3 1.36+u2022/Debian": "1.36+u2022", "2599": "2599",
		"Requires 1.8 or later": "1.8", "42 play now!": "", "": "", "1." + strings.Repeat("9", 100): "1." + strings.Repeat("9", 38),
	} {
		if got := versionOf(text); got != want {
			t.Errorf("the version of %q is %q, want %q", text, got, want)
		}
	}
}

func TestNumbersOfMinecraftComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	for _, n := range []int32{0, 1, 127, 128, 25565, 1<<31 - 1, -1, -1 << 31} {
		if got, err := readVarInt(bytes.NewReader(appendVarInt(nil, n))); err != nil || got != n {
			t.Errorf("%d came back as %d: %v", n, got, err)
		}
	}
	odd := (*malformed)(nil)
	for _, raw := range []string{"\xff\xff\xff\xff\x7f", "\x80\x80\x80\x80\x80\x01"} {
		if got, err := readVarInt(strings.NewReader(raw)); !errors.As(err, &odd) {
			t.Errorf("%q is %d: %v", raw, got, err)
		}
	}
}

// bounded wants of a report what holds whatever a server says.
func bounded(t *testing.T, r *report) {
	t.Helper()
	for _, text := range []string{r.Title, r.Game, r.Map, r.Mode, r.Version} {
		if len([]rune(text)) > maxText || clean(text) != text {
			t.Errorf("a text is not fit for the page: %q", text)
		}
	}
	for _, value := range []*float64{r.Players, r.Max, r.Bots} {
		if value != nil && *value < 0 {
			t.Errorf("there are %v", *value)
		}
	}
	if len(r.List) > maxRows || len(r.Mods) > maxRows {
		t.Errorf("there are %d players and %d mods", len(r.List), len(r.Mods))
	}
}

func FuzzStatusOfJava(f *testing.F) {
	f.Add([]byte(`{"version":{"name":"1.21"},"players":{"max":20,"online":1,"sample":[{"name":"ada"}]},"description":{"text":"a","extra":["b"]}}`))
	f.Add([]byte(`{"version":{"name":"1.12"},"modinfo":{"modList":[{"modid":"a","version":"1"}]},"description":"§a"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if r, err := parseJava(raw); err == nil {
			bounded(t, r)
		}
		in := bufio.NewReader(bytes.NewReader(raw))
		if packet, err := readPacket(in, maxStatus); err == nil {
			_, _ = statusOf(packet) // whether it is one, it does not panic
		}
		if r, err := parseLegacy(fromUTF16(raw)); err == nil {
			bounded(t, r)
		}
	})
}

func FuzzPong(f *testing.F) {
	f.Add([]byte("\x1c12345678\x00\x00\x00\x00\x12\x34\x56\x78" + magic + "\x00\x1cMCPE;a\\;b;1;1.2;3;10;7;w;Survival"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if r, err := parsePong(raw, []byte("12345678")); err == nil {
			bounded(t, r)
		}
	})
}

func FuzzSource(f *testing.F) {
	f.Add([]byte(list), []byte("I\x11a\x00b\x00c\x00d\x00\x00\x00\x01\x02\x00dl\x00\x011.0\x00\xf1\x00\x00"))
	f.Add([]byte(split+"\x07\x00\x00\x80\x01\x00\xe0\x04"+"\x00"), []byte("I"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var p packets
		for _, packet := range [][]byte{first, second, first} {
			body, done, err := p.add(packet)
			if err != nil || !done || len(body) == 0 {
				continue
			}
			if r, err := parseInfo(body[1:]); err == nil {
				bounded(t, r)
			}
			if players, err := parsePlayers(body[1:]); err == nil {
				bounded(t, &report{List: players})
			}
		}
	})
}

func FuzzStatusOfQuake(f *testing.F) {
	f.Add([]byte("\\mapname\\a\\sv_maxclients\\8\\sv_hostname\\^1a\n3 48 \"^2ada\"\n-1 0 \"x\"\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if s, err := parseStatus(raw); err == nil {
			r := s.report()
			s.countBots(r, s.keys)
			bounded(t, r)
		}
	})
}

func FuzzConsole(f *testing.F) {
	f.Add([]byte("\x0e\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00abcd\x00\x00"))
	f.Add([]byte("TPS from last 1m, 5m: 1, 2"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, _, body, err := readRCON(bytes.NewReader(raw))
		if err != nil {
			body = string(raw)
		}
		for window, ticks := range parseTicks(body) {
			if !(ticks >= 0 && ticks < 1000) || window == "" {
				t.Errorf("%v ticks in %q", ticks, window)
			}
		}
	})
}
