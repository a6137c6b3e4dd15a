package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/unity-homelab/unity/internal/sourcefile"
)

// ConfigDifference is where unity.yaml and what is stored do not agree.
type ConfigDifference struct {
	File    string                   `json:"file" doc:"Name of the settings file; empty when Unity was started without one"`
	Auto    bool                     `json:"auto" doc:"Whether what was changed in the file is applied by itself"`
	Problem *ProblemNote             `json:"problem,omitempty" doc:"Why something in the file is not used"`
	Items   []ConfigSourceDifference `json:"items" nullable:"false"`
}

// ConfigSourceDifference is a source about which both do not agree.
type ConfigSourceDifference struct {
	ID      string           `json:"id"`
	Side    string           `json:"side" enum:"file,stored,both" doc:"Which side was changed since both agreed: apply takes what the file says, write writes what is stored"`
	File    bool             `json:"file" doc:"Whether it is in the file"`
	Stored  bool             `json:"stored" doc:"Whether it is stored"`
	Changes []SnapshotChange `json:"changes" nullable:"false" doc:"From what is stored to what the file says; secrets are shown as stars"`
	Errors  []FieldError     `json:"errors" nullable:"false" doc:"Why what the file says cannot be used"`
}

// ConfigChoice says which differences are meant.
type ConfigChoice struct {
	IDs []string `json:"ids,omitempty" maxItems:"5000" nullable:"false" doc:"Only these sources; without any, all that were changed on one side only"`
}

// ConfigWrite says what is written into the file.
type ConfigWrite struct {
	ConfigChoice
	All bool `json:"all,omitempty" doc:"Every source, also those that are not in the file yet"`
}

// ConfigResult is what became of every source.
type ConfigResult struct {
	Items []ConfigResultItem `json:"items" nullable:"false"`
}

// ConfigResultItem is what became of one source.
type ConfigResultItem struct {
	ID      string       `json:"id"`
	Action  string       `json:"action" enum:"created,changed,deleted,kept,refused"`
	Problem *ProblemNote `json:"problem,omitempty"`
	Errors  []FieldError `json:"errors,omitempty" nullable:"false"`
}

const yamlType = "application/yaml"

func (s *server) registerSourceFile() {
	const tag = "Settings file"
	handle(s, operation("compare-config", http.MethodGet, "/config/difference", tag, "Say where unity.yaml and what is stored do not agree"), s.compareConfig)
	apply := operation("apply-config", http.MethodPost, "/config/apply", tag, "Make what is stored as unity.yaml says")
	apply.Errors = []int{http.StatusNotFound}
	handle(s, apply, s.applyConfig)
	write := operation("write-config", http.MethodPost, "/config/write", tag, "Write what is stored into unity.yaml")
	write.Errors = []int{http.StatusNotFound, http.StatusConflict}
	handle(s, write, s.writeConfig)
	export := operation("export-sources", http.MethodGet, "/sources/export", "Sources", "Get sources as YAML, without secrets")
	export.Errors = []int{http.StatusNotFound}
	export.Responses = map[string]*huma.Response{"200": {
		Description: "As under the key sources of unity.yaml", Content: map[string]*huma.MediaType{yamlType: {Schema: &huma.Schema{Type: "string"}}},
	}}
	handle(s, export, s.exportSources)
	take := operation("import-sources", http.MethodPost, "/sources/import", "Sources", "Make sources of YAML")
	take.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		yamlType: {Schema: &huma.Schema{Type: "string"}, Example: "sources:\n  - id: web\n    plugin: example_monitor\n"},
	}}
	handle(s, take, s.importSources)
}

func (s *server) compareConfig(ctx context.Context, _ *struct{}) (*body[ConfigDifference], error) {
	answer := ConfigDifference{File: s.File.File, Auto: s.File.Auto, Problem: NoteOf(s.File.Problem()), Items: []ConfigSourceDifference{}}
	if s.File.File == "" {
		return &body[ConfigDifference]{Body: answer}, nil
	}
	differences, err := s.File.Compare(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range differences {
		item := ConfigSourceDifference{
			ID: d.ID, Side: string(d.Side), File: d.File, Stored: d.Stored, Changes: []SnapshotChange{}, Errors: []FieldError{},
		}
		for _, change := range d.Changes {
			item.Changes = append(item.Changes, SnapshotChange(change))
		}
		for _, problem := range d.Problems {
			item.Errors = append(item.Errors, FieldError{Path: problem.Path, Message: problem.Message})
		}
		answer.Items = append(answer.Items, item)
	}
	return &body[ConfigDifference]{Body: answer}, nil
}

func (s *server) applyConfig(ctx context.Context, in *struct{ Body ConfigChoice }) (*body[ConfigResult], error) {
	return s.configResult(ctx)(s.File.Apply(ctx, in.Body.IDs))
}

func (s *server) writeConfig(ctx context.Context, in *struct{ Body ConfigWrite }) (*body[ConfigResult], error) {
	return s.configResult(ctx)(s.File.Write(ctx, in.Body.IDs, in.Body.All))
}

func (s *server) configResult(ctx context.Context) func([]sourcefile.Result, error) (*body[ConfigResult], error) {
	return func(results []sourcefile.Result, err error) (*body[ConfigResult], error) {
		if err != nil {
			return nil, err
		}
		answer := ConfigResult{Items: []ConfigResultItem{}}
		var done []string
		for _, result := range results {
			item := ConfigResultItem{ID: result.ID, Action: string(result.Action)}
			if result.Err != nil {
				problem := s.problemOf(ctx, "config", result.Err)
				item.Action, item.Errors = "refused", problem.Errors
				item.Problem = &ProblemNote{Kind: string(problem.Kind), Message: problem.Detail, Hint: problem.Hint}
			} else {
				done = append(done, result.ID)
			}
			answer.Items = append(answer.Items, item)
		}
		visitOf(ctx).target = shortened(strings.Join(done, ", "))
		return &body[ConfigResult]{Body: answer}, nil
	}
}

// shortened bounds a text that is written down.
func shortened(text string) string {
	const most = 200
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

type exportSourcesInput struct {
	IDs []string `query:"id,explode" maxItems:"1000" doc:"Only these sources; all when absent"`
}

// yamlAnswer is an answer in YAML.
type yamlAnswer struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func (s *server) exportSources(_ context.Context, in *exportSourcesInput) (*yamlAnswer, error) {
	text, err := s.File.Export(in.IDs)
	if err != nil {
		return nil, err
	}
	return &yamlAnswer{ContentType: yamlType, Body: text}, nil
}

type importSourcesInput struct {
	Replace bool `query:"replace" doc:"Changes those that are there already, which are left alone otherwise"`
	Trial   bool `query:"trial" doc:"Says what would be done, and does nothing"`
	RawBody []byte
}

func (s *server) importSources(ctx context.Context, in *importSourcesInput) (*body[ConfigResult], error) {
	return s.configResult(ctx)(s.File.Import(ctx, in.RawBody, in.Replace, in.Trial))
}

// fileNotice is what is said of the settings file where Unity says that it is
// ready; empty for nothing.
func (s *server) fileNotice() string {
	if s.File.Problem() == nil {
		return ""
	}
	return "unity.yaml is not used as it is\n" // why is nothing for strangers
}
