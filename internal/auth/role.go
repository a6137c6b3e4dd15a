package auth

import (
	"slices"

	"github.com/unity-homelab/unity/fault"
)

// Role is how much somebody may do.
type Role string

// The roles. Each may do what the ones before it may.
const (
	Viewer Role = "viewer" // look
	Editor Role = "editor" // and change what is watched
	Admin  Role = "admin"  // and decide who may do what
)

// Roles lists the roles, the least first.
func Roles() []Role { return []Role{Viewer, Editor, Admin} }

func (r Role) rank() int {
	for i, role := range Roles() {
		if role == r {
			return i + 1
		}
	}
	return 0
}

// Valid reports whether r is one of the roles.
func (r Role) Valid() bool { return r.rank() > 0 }

// Includes reports whether r may do what least may.
func (r Role) Includes(least Role) bool {
	return r.Valid() && least.Valid() && r.rank() >= least.rank()
}

// lesser returns the role that may do less.
func lesser(a, b Role) Role {
	if a.rank() < b.rank() {
		return a
	}
	return b
}

// Scope is how much a token may do.
type Scope string

// The scopes. Each includes the ones before it.
const (
	ScopeRead  Scope = "read"
	ScopeWrite Scope = "write"
	ScopeAdmin Scope = "admin"
)

// role returns the role whose rights a scope is worth; none for another word.
func (s Scope) role() Role {
	switch s {
	case ScopeRead:
		return Viewer
	case ScopeWrite:
		return Editor
	case ScopeAdmin:
		return Admin
	default:
		return ""
	}
}

// Via is how somebody was recognised.
type Via string

// The ways to be recognised.
const (
	ViaSession Via = "session"
	ViaToken   Via = "token"
	ViaProxy   Via = "proxy"
	ViaSocket  Via = "socket"
)

// Identity is somebody who was recognised.
type Identity struct {
	User    string // ID; empty for whoever uses the socket
	Name    string
	Role    Role // how much may be done, in the end
	Via     Via
	Session string // ID, of ViaSession
	Method  Method // of ViaSession
	Token   string // ID, of ViaToken
	// Sources are the IDs of the sources that a token is for; nil stands for all.
	Sources []string
}

// Restricted reports whether somebody may have to do with some sources only.
func (i Identity) Restricted() bool { return len(i.Sources) > 0 }

// Sees reports whether somebody may have to do with a source.
func (i Identity) Sees(source string) bool {
	return !i.Restricted() || slices.Contains(i.Sources, source)
}

// Local is whoever uses the socket in the data folder.
func Local() Identity {
	return Identity{Name: "administrator of the machine", Role: Admin, Via: ViaSocket}
}

func checkRole(role Role) error {
	if !role.Valid() {
		return fault.New(fault.Config, "there is no role %q", role).WithHint("the roles are viewer, editor and admin")
	}
	return nil
}
