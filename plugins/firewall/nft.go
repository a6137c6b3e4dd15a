package firewall

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
)

// maxRuleset bounds what nft says; sets with lists of addresses are most of it.
const maxRuleset = 64 << 20

// readNft reads all rules of nftables.
func (c *local) readNft(ctx context.Context) (*ruleset, error) {
	ask := plugin.Command{Name: "nft", Args: []string{"--json", "list", "ruleset"}, MaxOutputBytes: maxRuleset}
	if c.terse {
		ask.Args = append([]string{"--terse"}, ask.Args...)
	}
	out, err := c.run(ctx, ask)
	if err != nil {
		if strings.Contains(err.Error(), "JSON support not compiled") {
			return nil, fault.As(fault.Unsupported, err, "").WithHint("install an nft that was built with JSON, as those of Debian and Fedora are")
		}
		return nil, err
	}
	if out.Truncated {
		if c.terse {
			return nil, fault.New(fault.BadAnswer, "running nft: it says more than %d MiB", maxRuleset>>20)
		}
		c.terse = true // its sets are too large; without them it goes
		return c.readNft(ctx)
	}
	rules, err := parseNft(out.Stdout)
	if err != nil {
		return nil, fault.Wrap(err, "reading what %s said", command.Line(ask))
	}
	if c.terse {
		for i := range rules.sets {
			rules.sets[i].elements = -1
		}
	}
	return rules, nil
}

// nftItem is one entry of the list that nft makes; one field is set.
type nftItem struct {
	Info *struct {
		Version string `json:"version"`
	} `json:"metainfo"`
	Chain *struct {
		Family string `json:"family"`
		Table  string `json:"table"`
		Name   string `json:"name"`
		Type   string `json:"type"`
		Hook   string `json:"hook"`
		Policy string `json:"policy"`
	} `json:"chain"`
	Rule *struct {
		Family  string           `json:"family"`
		Table   string           `json:"table"`
		Chain   string           `json:"chain"`
		Handle  uint64           `json:"handle"`
		Comment string           `json:"comment"`
		Expr    []map[string]any `json:"expr"`
	} `json:"rule"`
	Counter *struct {
		Family  string  `json:"family"`
		Table   string  `json:"table"`
		Name    string  `json:"name"`
		Packets float64 `json:"packets"`
		Bytes   float64 `json:"bytes"`
	} `json:"counter"`
	Set *nftSet `json:"set"`
	Map *nftSet `json:"map"`
}

type nftSet struct {
	Family string          `json:"family"`
	Table  string          `json:"table"`
	Name   string          `json:"name"`
	Type   json.RawMessage `json:"type"`
	Elem   json.RawMessage `json:"elem"`
}

// parseNft reads what nft --json list ruleset says.
func parseNft(text []byte) (*ruleset, error) {
	var document struct {
		Items []nftItem `json:"nftables"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, fault.New(fault.BadAnswer, "it is not what nft writes: %v", err)
	}
	if document.Items == nil {
		return nil, fault.New(fault.BadAnswer, "it holds no list of rules")
	}
	rules := &ruleset{}
	byName := make(map[[3]string]*chain)
	for _, item := range document.Items {
		switch {
		case item.Info != nil:
			rules.version = item.Info.Version
		case item.Chain != nil:
			c := item.Chain
			made := &chain{family: c.Family, table: c.Table, name: c.Name, kind: c.Type, hook: c.Hook, policy: c.Policy}
			rules.chains = append(rules.chains, made)
			byName[[3]string{c.Family, c.Table, c.Name}] = made
		case item.Counter != nil:
			c := item.Counter
			rules.counters = append(rules.counters, namedCounter{c.Family, c.Table, c.Name, count{c.Packets, c.Bytes}})
		case item.Set != nil:
			rules.sets = append(rules.sets, item.Set.set())
		case item.Map != nil:
			rules.sets = append(rules.sets, item.Map.set())
		case item.Rule != nil:
			r := item.Rule
			in, known := byName[[3]string{r.Family, r.Table, r.Chain}]
			if !known {
				return nil, fault.New(fault.BadAnswer, "there is a rule of the chain %.60q, which there is not", r.Chain)
			}
			one := nftRule(r.Expr)
			one.comment, one.handle = r.Comment, strconv.FormatUint(r.Handle, 10)
			in.rules = append(in.rules, one)
		}
	}
	return rules, nil
}

func (s *nftSet) set() set {
	made := set{family: s.Family, table: s.Table, name: s.Name, kind: words(s.Type), elements: -1}
	var elements []json.RawMessage
	switch err := json.Unmarshal(s.Elem, &elements); {
	case len(s.Elem) == 0:
		made.elements = 0
	case err == nil:
		made.elements = len(elements)
	}
	return made
}

// words are a text or a list of texts, joined.
func words(raw json.RawMessage) string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return one
	}
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return strings.Join(list, " . ")
	}
	return ""
}

// nftRule reads the statements of a rule.
func nftRule(statements []map[string]any) rule {
	r := rule{always: true}
	texts := make([]string, 0, len(statements))
	for _, statement := range statements {
		for name, what := range statement {
			if n, ok := what.(map[string]any); ok && name == "counter" {
				packets, _ := n["packets"].(float64)
				bytes, _ := n["bytes"].(float64)
				r.counted = &count{packets, bytes}
				continue
			}
			switch name {
			case accept, drop, reject, "return", "jump", "goto", "queue":
				r.verdict = name
			case "xt":
				// What iptables-nft has no other words for.
				target, _ := what.(map[string]any)
				if kind, _ := target["type"].(string); kind != "target" {
					r.always = false
				} else if word, _ := target["name"].(string); word != "" {
					r.verdict = verdictOf(word)
				}
			case "counter", "log", "comment":
			default:
				r.always = false
			}
			texts = append(texts, nftText(name, what))
		}
	}
	r.text = strings.Join(texts, " ")
	return r
}

// verdictOf turns the target of a rule of iptables into a verdict.
func verdictOf(target string) string {
	switch target {
	case "ACCEPT", "DROP", "REJECT", "RETURN", "QUEUE":
		return strings.ToLower(target)
	case "NFQUEUE":
		return "queue"
	default:
		return ""
	}
}

// ofIptables reports whether every chain was made by iptables, which then knows
// more of them.
func (r *ruleset) ofIptables() bool {
	hooks := 0
	for _, c := range r.chains {
		if c.hook == "" {
			continue
		}
		hooks++
		switch c.table {
		case "filter", "nat", "mangle", "raw", "security":
		default:
			return false
		}
		if c.family != "ip" && c.family != "ip6" || c.name != strings.ToUpper(c.name) {
			return false
		}
	}
	return hooks > 0
}
