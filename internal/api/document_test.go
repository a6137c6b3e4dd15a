package api_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/internal/api"
)

const documentFile = "../../docs/generated/openapi.json"

func TestTheAPIIsDocumented(t *testing.T) {
	t.Parallel()
	raw, err := api.Document("dev")
	if err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, raw, "", "  "); err != nil {
		t.Fatal(err)
	}
	indented.WriteByte('\n')
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(documentFile, indented.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(indented.String(), string(got)); diff != "" {
		t.Errorf("docs/generated/openapi.json is not fresh; run: make generate\n%s", diff)
	}
}
