// Package api is Unity's door: REST under /api/v1, described by OpenAPI 3.1, the
// live stream over WebSocket, and the web interface beside them.
//
// Handlers only translate. What a request means is decided by the packages
// behind it; what goes wrong there has a fault kind, which becomes an HTTP
// status in one place (problem.go).
package api

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/unity-homelab/unity/internal/auth"
	"github.com/unity-homelab/unity/internal/dashboard"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/live"
	"github.com/unity-homelab/unity/internal/promql"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sourcefile"
	"github.com/unity-homelab/unity/internal/sources"
	"github.com/unity-homelab/unity/internal/transfer"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// Latest knows the newest samples and state of each source.
type Latest interface {
	// Latest returns the newest samples of a source and their time in
	// milliseconds since 1970 UTC; false when it has none.
	Latest(id inventory.SourceID) (int64, []metric.Sample, bool)
	// State returns the state of a source; false when it has none.
	State(id inventory.SourceID) (inventory.State, bool)
}

// History answers what happened.
type History interface {
	inventory.History
	inventory.Hosts
}

// System says how Unity itself is doing.
type System interface {
	// Figures are the numbers on the overview.
	Figures(ctx context.Context) Figures
	// Database says what the database holds.
	Database(ctx context.Context) (Database, error)
	// Export writes everything in the database as an archive.
	Export(ctx context.Context, w io.Writer) error
	// CheckDatabase reads everything in the database and returns what that is,
	// or what is wrong with it.
	CheckDatabase(ctx context.Context) ([]transfer.Tally, error)
	// Health says how the parts of Unity are doing.
	Health(ctx context.Context) Health
	// Ready returns nil, or why requests that need the database or the schedule
	// cannot be served.
	Ready(ctx context.Context) error
}

// Figures are what Unity says about itself.
type Figures struct {
	Version          string    `json:"version"`
	Started          time.Time `json:"started"`
	Series           int       `json:"series" doc:"Series that are known"`
	SamplesPerSecond float64   `json:"samples_per_second" doc:"Samples stored, averaged over the last minute"`
	Storage          Storage   `json:"storage"`
	// CacheProblem disturbs nothing here, but those who read from it.
	CacheProblem *ProblemNote `json:"cache_problem,omitempty" doc:"Why Redis does not have the latest"`
}

// Storage is what is on the disk.
type Storage struct {
	Bytes        int64 `json:"bytes" doc:"Size of the database"`
	JournalBytes int64 `json:"journal_bytes" doc:"Size of the journal beside it"`
	// Problem is shown on every page.
	Problem *ProblemNote `json:"problem,omitempty" doc:"Why nothing is stored at the moment, or only in the journal"`
}

// Settings are what the API is made of. Every field is required.
type Settings struct {
	Sources *sources.Service
	Plugins []plugin.Plugin
	Latest  Latest
	History History
	Series  series.Reader
	// Queries answers what is asked in the Prometheus query language.
	Queries    *promql.Engine
	Dashboards *dashboard.Service
	Live       *live.Hub
	// LiveLimits bound who listens to it.
	LiveLimits LiveLimits
	System     System
	Auth       *auth.Service
	Secrets    Secrets
	// Preferences are Unity's own settings.
	Preferences Preferences
	// File keeps unity.yaml and what is stored together.
	File *sourcefile.Service
	// Answers keeps what was answered to requests that may be sent again.
	Answers Answers
	// Elsewhere is where people may sign in besides; nil for nowhere.
	Elsewhere Elsewhere
	// Proxy says which reverse proxies are believed.
	Proxy Proxy
	// Web is the built interface.
	Web     fs.FS
	Version string
	// Demo says that what is shown is made up.
	Demo bool
	// Hosts are the names by which Unity may be called in the Host header, beside
	// those that only a local network has. A name that begins with a dot stands
	// for all that end in it.
	Hosts []string
	Log   *slog.Logger
	Now   func() time.Time
}

// Limits of every request.
const (
	maxBody   = 1 << 20
	maxHeader = 32 << 10
)

type server struct {
	Settings
	huma.API

	router *router
	desk   *desk
}

// Handlers serve Unity.
type Handlers struct {
	// Web is for the network: who asks has to be recognised.
	Web http.Handler
	// Socket is for the socket in the data folder: who can open it is
	// administrator.
	Socket http.Handler
}

// New returns the handlers of everything that Unity serves.
func New(settings Settings) Handlers {
	s := newServer(settings)
	return Handlers{Web: packed(s.guard(s.router, false)), Socket: s.guard(s.router, true)}
}

func newServer(settings Settings) *server {
	config := huma.DefaultConfig("Unity", settings.Version)
	config.Info.Description = "Watches a homelab: sources, what they measure, and how they are doing."
	config.OpenAPIPath = "/api/openapi"
	config.DocsPath = ""
	config.SchemasPath = ""
	config.CreateHooks = nil // no $schema in answers
	config.Formats = formats()
	config.Components.SecuritySchemes = securitySchemes()
	config.Security = []map[string][]string{{"session": {}}, {"token": {}}}
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	useProblems()
	s := &server{Settings: settings}
	s.router = newRouter(s)
	s.desk = newDesk(settings.LiveLimits, settings.Auth)
	s.API = humago.New(s.router, config)
	s.registerPlugins()
	s.registerSources()
	s.registerMeasurements()
	s.registerEvents()
	s.registerDashboards()
	s.registerSystem()
	s.registerHosts()
	s.registerOverview()
	s.registerSnapshots()
	s.registerSettings()
	s.registerSourceFile()
	s.registerAuth()
	s.registerMe()
	s.registerUsers()
	s.registerSessions()
	s.registerTokens()
	s.registerAudit()
	s.registerSecrets()
	s.registerElsewhere()
	describeDocument(s.OpenAPI())
	s.router.HandleFunc("GET /api/v1/live", s.serveLive)
	s.router.HandleFunc("GET /api/v1/database/archive", s.serveArchive)
	s.router.HandleFunc("GET /api/v1/auth/oidc", s.serveElsewhere)
	s.router.HandleFunc("GET "+callback, s.serveCallback)
	s.router.HandleFunc("GET /api/docs", s.serveDocs)
	s.router.HandleFunc("GET /metrics", s.serveMetrics)
	s.router.HandleFunc("GET /health", s.health)
	s.router.HandleFunc("GET /ready", s.ready)
	s.router.HandleFunc("/api/", s.noSuchRoute)
	s.registerPrometheus(s.router)
	s.router.HandleFunc("/", s.interfaceFiles().ServeHTTP)
	return s
}

func securitySchemes() map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: cookieName, Description: "What a login gives; over TLS the name begins with __Host-"},
		"token":   {Type: "http", Scheme: "bearer", Description: "Made under Account"},
	}
}

// Document returns the OpenAPI document.
func Document(version string) ([]byte, error) {
	return newServer(Settings{Version: version}).OpenAPI().MarshalJSON()
}

// handle registers an operation. Errors of the handler become problems.
func handle[I, O any](s *server, operation huma.Operation, handler func(context.Context, *I) (*O, error)) {
	operation.MaxBodyBytes = maxBody
	operation.Errors = append(operation.Errors, http.StatusUnprocessableEntity, http.StatusInternalServerError)
	if rule := s.router.rules[operation.Method+" "+operation.Path]; rule.open {
		operation.Security = []map[string][]string{{}}
	} else {
		operation.Errors = append(operation.Errors, http.StatusUnauthorized, http.StatusForbidden)
	}
	describe(&operation, s.router.rules[operation.Method+" "+operation.Path])
	huma.Register(s.API, operation, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, s.problemOf(ctx, operation.OperationID, err)
		}
		return out, nil
	})
}

// operation describes an operation; the rest of it is set by handle.
func operation(id, method, path, tag, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/api/v1" + path, Tags: []string{tag}, Summary: summary}
}

// body is an answer without headers.
type body[T any] struct{ Body T }

// list is an answer of several items.
type list[T any] struct {
	Items      []T    `json:"items" nullable:"false"`
	NextCursor string `json:"next_cursor,omitempty" doc:"Pass it as cursor to get the items that follow; absent on the last page"`
}

func listOf[T any](items []T) *body[list[T]] {
	if items == nil {
		items = []T{}
	}
	return &body[list[T]]{Body: list[T]{Items: items}}
}
