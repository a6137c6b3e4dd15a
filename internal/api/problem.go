package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
	"github.com/unity-homelab/unity/internal/dashboard"
	"github.com/unity-homelab/unity/internal/sources"
)

// Problem is the body of every answer that is not a success (RFC 9457).
type Problem struct {
	Type   string       `json:"type" doc:"about:blank; the kind tells problems apart"`
	Title  string       `json:"title" doc:"The HTTP status in words"`
	Status int          `json:"status"`
	Kind   fault.Kind   `json:"kind" doc:"What sort of thing went wrong"`
	Detail string       `json:"detail" doc:"What was being done, to what, and what came back"`
	Hint   string       `json:"hint,omitempty" doc:"What can be done about it"`
	Errors []FieldError `json:"errors,omitempty" doc:"What is wrong with which part of the request"`
}

// FieldError is what is wrong with one part of a request.
type FieldError struct {
	Path    string `json:"path" example:"config.url"`
	Message string `json:"message"`
}

// Error returns the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// statusOf maps kinds to HTTP statuses. A kind that tells of the target, not of
// the request, is a bad gateway.
func statusOf(kind fault.Kind) int {
	switch kind {
	case fault.Config:
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.RateLimited:
		return http.StatusTooManyRequests
	case fault.Timeout:
		return http.StatusGatewayTimeout
	case fault.Canceled:
		return 499 // the client went away; nobody reads it
	case fault.Unreachable, fault.Refused, fault.DNS, fault.TLS, fault.Auth, fault.Permission,
		fault.NotInstalled, fault.Unsupported, fault.WrongService, fault.BadAnswer, fault.Partial:
		return http.StatusBadGateway
	default:
		return http.StatusInternalServerError
	}
}

// kindOf is the way back, for statuses that the library itself answers.
func kindOf(status int) fault.Kind {
	switch {
	case status == http.StatusNotFound:
		return fault.NotFound
	case status == http.StatusConflict:
		return fault.Conflict
	case status == http.StatusTooManyRequests:
		return fault.RateLimited
	case status >= 500:
		return fault.Internal
	default:
		return fault.Config
	}
}

// problemOf returns err as it is answered. An internal one is logged here, as
// the person who sees it can do nothing about it.
func (s *server) problemOf(ctx context.Context, operation string, err error) *Problem {
	if problem, ok := errors.AsType[*Problem](err); ok {
		return problem
	}
	kind := fault.Of(err)
	problem := &Problem{
		Type: "about:blank", Status: statusOf(kind), Title: http.StatusText(statusOf(kind)),
		Kind: kind, Detail: err.Error(), Hint: fault.Hint(err),
	}
	if invalid, ok := errors.AsType[sources.Invalid](err); ok {
		problem.Detail = "the source cannot be used like this"
		for _, each := range invalid {
			problem.Errors = append(problem.Errors, FieldError{Path: each.Path, Message: each.Message})
		}
	}
	if invalid, ok := errors.AsType[auth.Invalid](err); ok {
		for _, each := range invalid {
			problem.Errors = append(problem.Errors, FieldError{Path: each.Path, Message: each.Message})
		}
	}
	if invalid, ok := errors.AsType[dashboard.Invalid](err); ok {
		problem.Detail = "the dashboard cannot be kept like this"
		for _, each := range invalid {
			problem.Errors = append(problem.Errors, FieldError{Path: each.Path, Message: each.Message})
		}
	}
	if kind == fault.Internal && ctx.Err() == nil {
		s.Log.Error("request could not be served", "operation", operation, "reason", err)
	}
	return problem
}

// useProblems makes huma answer with Problem too. The library keeps this as a
// variable for the whole program.
//
//nolint:gochecknoglobals // the once of a setting that is global itself
var useProblems = sync.OnceFunc(func() {
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		problem := &Problem{
			Type: "about:blank", Status: status, Title: http.StatusText(status), Kind: kindOf(status), Detail: message,
		}
		for _, err := range errs {
			if detailer, ok := err.(huma.ErrorDetailer); ok {
				detail := detailer.ErrorDetail()
				problem.Errors = append(problem.Errors, FieldError{Path: strings.TrimPrefix(detail.Location, "body."), Message: detail.Message})
			}
		}
		return problem
	}
})
