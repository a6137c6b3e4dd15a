package api

import (
	"embed"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"
)

// recorded are answers of a small Unity to operations, by their ID, with times
// and figures that are always other ones made the same. A test of package app
// asks again and compares.
//
//go:embed answers/*.json
var recorded embed.FS

// giveAnswer gives an operation the example of an answer, where there is one.
func giveAnswer(operation *huma.Operation) {
	text, err := recorded.ReadFile("answers/" + operation.OperationID + ".json")
	if err != nil {
		return
	}
	for _, status := range []string{"200", "201"} {
		response := operation.Responses[status]
		if response == nil || response.Content["application/json"] == nil {
			continue
		}
		var answer any
		if json.Unmarshal(text, &answer) == nil {
			response.Content["application/json"].Example = answer
		}
	}
}
