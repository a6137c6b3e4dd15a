package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/internal/api"
)

func TestEveryOperationIsDescribed(t *testing.T) {
	t.Parallel()
	raw, err := api.Document("dev")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Tags  []struct{ Name, Description string }
		Paths map[string]map[string]struct {
			OperationID          string `json:"operationId"`
			Summary, Description string
			Tags                 []string
			Responses            map[string]any
		}
	}
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	tags, used, ids := make(map[string]bool), make(map[string]bool), make(map[string]string)
	for _, tag := range document.Tags {
		tags[tag.Name] = tag.Description != ""
	}
	for path, methods := range document.Paths {
		for method, operation := range methods {
			where := strings.ToUpper(method) + " " + path
			if operation.Summary == "" || operation.Description == "" {
				t.Errorf("%s has no summary or no description", where)
			}
			if other, there := ids[operation.OperationID]; there || operation.OperationID == "" {
				t.Errorf("%s has the ID %q, and so has %s", where, operation.OperationID, other)
			}
			ids[operation.OperationID] = where
			if len(operation.Tags) != 1 || !tags[operation.Tags[0]] {
				t.Errorf("%s has the tags %v, which the document does not explain", where, operation.Tags)
				continue
			}
			used[operation.Tags[0]] = true
		}
	}
	for tag := range tags {
		if !used[tag] {
			t.Errorf("nothing has the tag %s", tag)
		}
	}
}
