package api

import (
	"context"
	"net/http"
	"time"

	"github.com/unity-homelab/unity/internal/auth"
)

// User is an account.
type User struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Role        string     `json:"role" enum:"viewer,editor,admin"`
	HasPassword bool       `json:"has_password"`
	HasFactor   bool       `json:"has_factor"`
	LinkedWith  string     `json:"linked_with,omitempty" doc:"Address of the provider of OpenID Connect with which the account is linked"`
	Created     time.Time  `json:"created"`
	LastLogin   *time.Time `json:"last_login,omitempty"`
}

func userOf(account auth.Account) User {
	return User{
		ID: account.ID, Name: account.Name, Role: string(account.Role), HasPassword: account.HasPassword,
		HasFactor: account.HasFactor, LinkedWith: account.Issuer, Created: account.Created, LastLogin: moment(account.LastLogin),
	}
}

// NewUser is what makes an account.
type NewUser struct {
	Name     string `json:"name" maxLength:"64"`
	Role     string `json:"role" enum:"viewer,editor,admin"`
	Password string `json:"password" maxLength:"1024" doc:"At least 10 characters"`
}

// UserChange is what may be changed of an account; what is absent stays.
type UserChange struct {
	Role         *string `json:"role,omitempty" enum:"viewer,editor,admin"`
	Password     *string `json:"password,omitempty" maxLength:"1024"`
	RemoveFactor bool    `json:"remove_factor,omitempty" doc:"Turns the second factor off, for somebody who lost it"`
	Unlink       bool    `json:"unlink,omitempty" doc:"Parts the account from the provider of OpenID Connect"`
}

// UserPath is the part of a path that names a user.
type UserPath struct {
	ID string `path:"id" maxLength:"64" doc:"ID of a user"`
}

func (s *server) registerUsers() {
	const tag = "Users"
	handle(s, operation("list-users", http.MethodGet, "/users", tag, "List the accounts"), s.listUsers)
	create := operation("create-user", http.MethodPost, "/users", tag, "Make an account")
	create.DefaultStatus, create.Errors = http.StatusCreated, []int{http.StatusConflict}
	handle(s, create, s.createUser)
	change := operation("update-user", http.MethodPut, "/users/{id}", tag, "Change an account; all its sessions end")
	change.Errors = []int{http.StatusNotFound, http.StatusConflict}
	handle(s, change, s.updateUser)
	remove := operation("delete-user", http.MethodDelete, "/users/{id}", tag, "Remove an account with its sessions and tokens")
	remove.DefaultStatus, remove.Errors = http.StatusNoContent, []int{http.StatusNotFound, http.StatusConflict}
	handle(s, remove, s.deleteUser)
}

func (s *server) listUsers(ctx context.Context, _ *struct{}) (*body[list[User]], error) {
	accounts, err := s.Auth.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	var items []User
	for _, account := range accounts {
		items = append(items, userOf(account))
	}
	return listOf(items), nil
}

func (s *server) createUser(ctx context.Context, in *struct{ Body NewUser }) (*body[User], error) {
	account, err := s.Auth.CreateAccount(ctx, in.Body.Name, in.Body.Password, auth.Role(in.Body.Role))
	visitOf(ctx).target = in.Body.Name
	return &body[User]{Body: userOf(account)}, err
}

type updateUserInput struct {
	UserPath
	Body UserChange
}

func (s *server) updateUser(ctx context.Context, in *updateUserInput) (*body[User], error) {
	change := auth.AccountChange{Password: in.Body.Password, RemoveFactor: in.Body.RemoveFactor, Unlink: in.Body.Unlink}
	if in.Body.Role != nil {
		role := auth.Role(*in.Body.Role)
		change.Role = &role
	}
	account, err := s.Auth.ChangeAccount(ctx, in.ID, change)
	if err == nil {
		visitOf(ctx).target = account.Name
	}
	return &body[User]{Body: userOf(account)}, err
}

func (s *server) deleteUser(ctx context.Context, in *UserPath) (*struct{}, error) {
	name, err := s.Auth.DeleteAccount(ctx, in.ID)
	if err == nil {
		visitOf(ctx).target = name
	}
	return nil, err
}
