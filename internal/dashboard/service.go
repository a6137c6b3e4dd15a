package dashboard

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/plugin"
)

// Store keeps the dashboards that people make.
type Store interface {
	// Dashboards returns every dashboard, sorted by ID.
	Dashboards(ctx context.Context) ([]Dashboard, error)
	// Dashboard returns one, or a fault of kind NotFound.
	Dashboard(ctx context.Context, id string) (Dashboard, error)
	// CreateDashboard keeps a new one; an ID that exists is a Conflict.
	CreateDashboard(ctx context.Context, d Dashboard) error
	// UpdateDashboard replaces the one whose stored revision is d.Revision and
	// raises the revision; another stored revision is a Conflict.
	UpdateDashboard(ctx context.Context, d Dashboard) (Dashboard, error)
	// DeleteDashboard removes one; none is a fault of kind NotFound.
	DeleteDashboard(ctx context.Context, id string) error
}

// Settings are what a Service is made of. Every field is required.
type Settings struct {
	Store   Store
	Plugins []plugin.Plugin
	// Sources and Hosts are what is watched.
	Sources func() []inventory.Source
	Hosts   func(ctx context.Context) ([]inventory.Host, error)
	// Parse returns what is wrong with an expression of PromQL.
	Parse func(expr string) error
	Now   func() time.Time
}

// Service manages dashboards. Its methods may be called at the same time.
type Service struct {
	Settings
}

// New returns a service.
func New(settings Settings) *Service { return &Service{Settings: settings} }

// maxDashboards bounds how many people may make.
const maxDashboards = 1000

// List returns every dashboard, those that people made first.
func (s *Service) List(ctx context.Context) ([]Dashboard, error) {
	made, err := s.Store.Dashboards(ctx)
	if err != nil {
		return nil, err
	}
	generated, err := s.generated(ctx)
	return append(made, generated...), err
}

// Get returns one dashboard, or a fault of kind NotFound.
func (s *Service) Get(ctx context.Context, id string) (Dashboard, error) {
	if !isGenerated(id) {
		return s.Store.Dashboard(ctx, id)
	}
	generated, err := s.generated(ctx)
	if err != nil {
		return Dashboard{}, err
	}
	for _, d := range generated {
		if d.ID == id {
			return d, nil
		}
	}
	return Dashboard{}, fault.New(fault.NotFound, "there is no dashboard %q", id)
}

// Create keeps a new dashboard under an ID made from its name.
func (s *Service) Create(ctx context.Context, owner string, document Document) (Dashboard, error) {
	if err := s.validate(document); err != nil {
		return Dashboard{}, err
	}
	all, err := s.Store.Dashboards(ctx)
	if err != nil {
		return Dashboard{}, err
	}
	if len(all) >= maxDashboards {
		return Dashboard{}, fault.New(fault.Conflict, "there are %d dashboards already", len(all)).WithHint("delete one that nobody needs")
	}
	now := s.Now().UTC().Truncate(time.Millisecond)
	d := Dashboard{Origin: User, Owner: owner, Revision: 1, Created: now, Updated: now, Document: document}
	base := cmp.Or(slugOf(document.Name), "dashboard")
	for n := 1; ; n++ {
		if d.ID = base; n > 1 {
			d.ID = base + "-" + strconv.Itoa(n)
		}
		if slices.ContainsFunc(all, func(other Dashboard) bool { return other.ID == d.ID }) {
			continue
		}
		// Somebody else may take the same name at the same time.
		if err := s.Store.CreateDashboard(ctx, d); fault.Of(err) != fault.Conflict {
			return d, err
		}
	}
}

// Update replaces a dashboard. When the change is based on another revision than
// the stored one, that is a Conflict. Revision 0 replaces whatever is stored.
func (s *Service) Update(ctx context.Context, id string, revision int64, document Document) (Dashboard, error) {
	if isGenerated(id) {
		return Dashboard{}, readOnly(id)
	}
	stored, err := s.Store.Dashboard(ctx, id)
	if err != nil {
		return Dashboard{}, err
	}
	if err := s.validate(document); err != nil {
		return Dashboard{}, err
	}
	stored.Document, stored.Revision = document, cmp.Or(revision, stored.Revision)
	stored.Updated = s.Now().UTC().Truncate(time.Millisecond)
	return s.Store.UpdateDashboard(ctx, stored)
}

// Delete removes a dashboard.
func (s *Service) Delete(ctx context.Context, id string) error {
	if isGenerated(id) {
		return readOnly(id)
	}
	return s.Store.DeleteDashboard(ctx, id)
}

func readOnly(id string) error {
	return fault.New(fault.Conflict, "dashboard %q is made from what is watched", id).WithHint("make a copy of it, and change that")
}

const maxSlug = 60

// slugOf returns a name as an ID: what is no letter or digit of ASCII becomes a
// hyphen.
func slugOf(name string) string {
	mapped := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
	slug := strings.Join(strings.FieldsFunc(mapped, func(r rune) bool { return r == '-' }), "-")
	return strings.Trim(slug[:min(len(slug), maxSlug)], "-")
}
