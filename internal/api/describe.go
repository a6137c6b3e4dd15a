package api

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// describe completes an operation: what there is to know beside its summary, who
// may use it, and an example of what is sent.
func describe(operation *huma.Operation, rule rule) {
	var text []string
	if more := details(operation.OperationID); more != "" {
		text = append(text, more)
	}
	switch {
	case rule.open:
		text = append(text, "Anybody who reaches the address may use it.")
	case rule.least == rule.leastToken:
		text = append(text, "It needs the role "+string(rule.least)+", or a token that is worth it.")
	default:
		text = append(text, "It needs the role "+string(rule.least)+", or a token that is worth the role "+string(rule.leastToken)+".")
	}
	pattern := operation.Method + " " + operation.Path
	if operation.Method == http.MethodGet {
		text = append(text, "The answer has an ETag; with If-None-Match it is 304 while nothing changed.")
	}
	if repeats(pattern) {
		text = append(text, "With the header Idempotency-Key the same request is served once within a day, however often it is sent.")
	}
	operation.Description = strings.Join(text, " ")
}

// details returns what a summary does not say.
func details(id string) string {
	switch id {
	case "list-sources":
		return "Filters are combined. Values of one filter are separated by commas; tag is repeated instead. A page ends with next_cursor when more follow."
	case "create-source":
		return "The config is checked against the plugin's schema, and every problem is named by its path. Secrets are sealed and never returned; env:NAME and file:/path say where one is."
	case "update-source":
		return "What is absent stays. With a revision the change is refused when the source was changed meanwhile."
	case "delete-source":
		return "Its runs and snapshots go at once; what was measured stays until it ages."
	case "pause-source":
		return "It is collected again by itself at the end, also when Unity was restarted meanwhile. Enabling or disabling it before ends the pause."
	case "change-sources":
		return "Each source has a result of its own: one that cannot be changed keeps nobody from changing the others, and the status is 200 nevertheless."
	case "duplicate-source":
		return "The copy has the secrets of its model, which are not returned."
	case "test-source":
		return "Nothing is kept. A target that does not answer is part of the result, not an error."
	case "export-sources":
		return "Secrets that Unity keeps are shown as stars, which stand for what is stored when the file is imported again."
	case "import-sources":
		return "Each source has a result of its own. Sources that are there already are left alone unless replace is true."
	case "list-events":
		return "Values of kind and severity are separated by commas. A page ends with next_cursor when more follow."
	case "get-history":
		return "Long ranges are made of buckets of five minutes or an hour where samples are gone; tier_seconds says so. A value of null is a gap."
	case "compare-snapshots":
		return "Elements of lists are told apart by what names them, and by their place otherwise."
	case "get-overview":
		return "Problems are told worst and longest first, each with since when it is so and what can be done."
	case "create-dashboard":
		return "What Unity decides itself (id, origin, owner, times) may be in the document and is not looked at, so that a generated dashboard can be posted as a copy."
	case "update-dashboard":
		return "With a revision the change is refused when the dashboard was changed meanwhile, and the answer names both revisions."
	case "change-settings":
		return "How long things are kept and how much room they take, the write budget, default intervals and the level of the log can be changed. What unity.yaml, the environment or the command line sets stands; list-settings says why."
	case "compare-config", "apply-config", "write-config":
		return "See docs/sources-file.md for how both sides are kept together."
	case "delete-host":
		return "The machine that Unity runs on stays, and so does one with sources."
	default:
		return ""
	}
}

// example returns what may be sent to an operation; nil for nothing that has to be.
func example(id string) any {
	text := map[string]string{
		"pause-source":     `{"seconds":3600}`,
		"duplicate-source": `{"name":"The other one"}`,
		"change-sources":   `{"action":"pause","ids":["nas"],"seconds":3600}`,
		"update-source":    `{"name":"The NAS","tags":["home"]}`,
		"update-host":      `{"name":"The NAS"}`,
		"change-settings":  `{"values":{"storage.raw_retention":"60d"}}`,
		"apply-config":     `{}`,
		"write-config":     `{"all":true}`,
		"create-dashboard": `{"name":"Processor","panels":[{"id":"up","title":"Up","kind":"line","grid":{"x":0,"y":0,"w":12,"h":6},"queries":[{"expr":"up"}]}]}`,
		"update-dashboard": `{"name":"Processor","revision":1,"panels":[]}`,
	}[id]
	var value any
	if text == "" || json.Unmarshal([]byte(text), &value) != nil {
		return nil
	}
	return value
}

// describeDocument says what the whole is, and gives operations their examples.
func describeDocument(document *huma.OpenAPI) {
	document.Info.License = &huma.License{Name: "MIT", URL: "https://opensource.org/license/mit"}
	document.Info.Contact = &huma.Contact{Name: "Unity", URL: "https://github.com/unity-homelab/unity"}
	document.Servers = []*huma.Server{{URL: "/", Description: "This Unity"}}
	for _, tag := range []struct{ name, is string }{
		{"Dashboards", "Pages of panels: kept, or made from what is watched"},
		{"Events", "What happened"},
		{"Login", "Signing in, and one's own account"},
		{"Measurements", "What was measured: the latest, history, snapshots"},
		{"Plugins", "What can be watched"},
		{"Settings file", "unity.yaml, and how it differs from what is stored"},
		{"Sources", "What is watched"},
		{"System", "How Unity itself is doing"},
		{"Users", "Accounts, and who did what"},
	} {
		document.Tags = append(document.Tags, &huma.Tag{Name: tag.name, Description: tag.is})
	}
	for _, path := range document.Paths {
		for _, operation := range []*huma.Operation{path.Get, path.Put, path.Post} {
			if operation == nil {
				continue
			}
			giveAnswer(operation)
			if operation.RequestBody == nil {
				continue
			}
			if value := example(operation.OperationID); value != nil {
				for _, content := range operation.RequestBody.Content {
					content.Example = value
				}
			}
		}
	}
}
