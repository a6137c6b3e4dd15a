package pipeline

import (
	"fmt"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
)

// maxNotes bounds how many problems of a run are told in words.
const maxNotes = 5

// notes gathers what a run could not deliver.
type notes struct {
	problems []error // the first few
	more     int     // beyond them
	refused  int     // samples
	first    error   // why the first of them was
	cut      int     // samples of series beyond the limit
	limit    int
}

func (n *notes) add(problems ...error) {
	for _, problem := range problems {
		if len(n.problems) < maxNotes {
			n.problems = append(n.problems, problem)
		} else {
			n.more++
		}
	}
}

func (n *notes) refuse(reason error) {
	n.refused++
	if n.first == nil {
		n.first = reason
	}
}

// problem returns all of it as one; nil when there is nothing. Its kind is that
// of every part, or else Partial.
func (n *notes) problem() *inventory.Problem {
	parts := n.problems
	if n.refused > 0 {
		parts = append(parts, fault.As(fault.Internal, n.first, "%s refused", count(n.refused, "sample")))
	}
	if n.cut > 0 {
		parts = append(parts, fault.New(fault.Partial, "%s beyond the limit of %d series left out", count(n.cut, "sample"), n.limit).
			WithHint("Narrow down what the source watches."))
	}
	if len(parts) == 0 {
		return nil
	}
	problem := &inventory.Problem{Kind: fault.Of(parts[0])}
	texts := make([]string, 0, len(parts)+1)
	for _, part := range parts {
		if fault.Of(part) != problem.Kind {
			problem.Kind = fault.Partial
		}
		if problem.Hint == "" {
			problem.Hint = fault.Hint(part)
		}
		texts = append(texts, part.Error())
	}
	if n.more > 0 {
		texts = append(texts, fmt.Sprintf("%d more", n.more))
	}
	problem.Message = strings.Join(texts, "; ")
	return cleanProblem(problem)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// cleanProblem returns the problem with clean text.
func cleanProblem(problem *inventory.Problem) *inventory.Problem {
	if problem == nil {
		return nil
	}
	cleaned := *problem
	cleaned.Message = clean(problem.Message, maxMessageBytes)
	cleaned.Hint = clean(problem.Hint, maxMessageBytes)
	return &cleaned
}
