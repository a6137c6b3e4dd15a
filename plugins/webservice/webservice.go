// Package webservice checks one endpoint from outside, as a visitor would: a
// web page or API, a TCP port, a WebSocket, or a host by ping.
//
// That the endpoint is down is what this plugin is there to find, and no failed
// run: it shows in probe_success, with a reason. A run fails only when nothing
// can be said about the endpoint, as when this machine has no network.
package webservice

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// Config is one endpoint and what is expected of it.
type Config struct {
	URL             string                   `json:"url" title:"Address" help:"What to check: http://, https://, ws://, wss://, tcp://host:port or icmp://host." required:"true" example:"https://cloud.example.org/status"`
	Timeout         plugin.Duration          `json:"timeout" title:"Timeout" help:"How long one attempt may take." min:"100ms" max:"1m"`
	Retries         int                      `json:"retries" title:"Retries" help:"Further attempts before the endpoint counts as down." min:"0" max:"5"`
	RetryDelay      plugin.Duration          `json:"retry_delay" title:"Retry delay" help:"Pause between two attempts." min:"0s" max:"30s"`
	MaxResponseTime plugin.Duration          `json:"max_response_time" title:"Slow from" help:"An answer that takes longer makes the endpoint degraded; 0s is off."`
	MinCertificate  plugin.Duration          `json:"min_cert_remaining" title:"Certificate margin" help:"A certificate that ends sooner makes the endpoint degraded; 0s is off."`
	UpsideDown      bool                     `json:"upside_down" title:"Upside down" help:"The check is passed when it fails: something must not answer."`
	Method          string                   `json:"method" title:"Method" help:"Method of the request." group:"request" enum:"GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS"`
	Body            plugin.Secret            `json:"body" title:"Body" help:"Text to send with the request." group:"request"`
	Headers         map[string]plugin.Secret `json:"headers" title:"Headers" help:"More header lines for the request." group:"request"`
	UserAgent       string                   `json:"user_agent" title:"User agent" help:"How the request introduces itself." group:"request"`
	CacheBust       bool                     `json:"cache_bust" title:"Avoid caches" help:"Add a changing value to the query, so that no cache answers." group:"request"`
	FollowRedirects bool                     `json:"follow_redirects" title:"Follow redirects" help:"Go where the answer sends; without it the redirect itself is judged." group:"request"`
	MaxRedirects    int                      `json:"max_redirects" title:"Most redirects" help:"How many redirects are followed." group:"request" min:"1" max:"50"`
	HTTPVersion     string                   `json:"http_version" title:"HTTP version" help:"The version of HTTP to speak." group:"request" enum:"auto,1.1,2"`
	MaxBodyBytes    int64                    `json:"max_body_bytes" title:"Most bytes" help:"How much of the answer is read and judged." group:"request" min:"1" max:"33554432"`
	ExpectedStatus  []string                 `json:"expected_status" title:"Expected status" help:"Status codes or ranges that are right." group:"answer" pattern:"^[1-5][0-9]{2}(-[1-5][0-9]{2})?$" min:"1" example:"200-299"`
	Keyword         string                   `json:"keyword" title:"Keyword" help:"Text that the answer must contain." group:"answer"`
	KeywordInvert   bool                     `json:"keyword_invert" title:"Keyword is bad" help:"The answer must not contain the keyword." group:"answer"`
	BodyRegex       string                   `json:"body_regex" title:"Body pattern" help:"Regular expression (RE2) that the answer must match." group:"answer"`
	HeaderRegex     map[string]string        `json:"header_regex" title:"Header patterns" help:"Regular expressions (RE2) that headers of the answer must match." group:"answer"`
	JSONPath        string                   `json:"json_path" title:"JSON path" help:"JSONPath of a value in the answer to judge." group:"answer" example:"$.status"`
	JSONOperator    string                   `json:"json_operator" title:"JSON comparison" help:"How the value is compared; any means that one of several values is equal." group:"answer" enum:"==,!=,<,<=,>,>=,contains,exists,any"`
	JSONExpected    string                   `json:"json_expected" title:"JSON value" help:"What the value is compared with." group:"answer"`
	Send            string                   `json:"send" title:"Send" help:"Text to send over TCP or a WebSocket." group:"answer"`
	Expect          string                   `json:"expect" title:"Expect" help:"Regular expression (RE2) that what comes over TCP or a WebSocket must match." group:"answer"`
	PingCount       int                      `json:"ping_count" title:"Pings" help:"How many pings one check sends." group:"answer" min:"1" max:"10"`
	IPVersion       string                   `json:"ip_version" title:"IP version" help:"Which addresses of the name are used." group:"connection" enum:"any,4,6"`
	Resolver        string                   `json:"resolver" title:"Resolver" help:"Name server to ask instead of the system's." group:"connection" example:"udp://1.1.1.1:53"`
	ProxyURL        string                   `json:"proxy_url" title:"Proxy" help:"HTTP or SOCKS5 proxy to go through." group:"connection" example:"http://proxy.lan:3128"`
	fetch.Login
	OAuth2 oauth2Config `json:"oauth2" title:"OAuth 2" help:"Client credentials to get a token with." group:"login"`
	fetch.TLS
}

// oauth2Config is the client credentials grant.
type oauth2Config struct {
	TokenURL     string        `json:"token_url" title:"Token address" help:"Where tokens are given out; empty is off."`
	ClientID     string        `json:"client_id" title:"Client ID" help:"The client's name."`
	ClientSecret plugin.Secret `json:"client_secret" title:"Client secret" help:"The client's secret."`
	Scopes       []string      `json:"scopes" title:"Scopes" help:"What the token is asked for."`
}

func defaults() Config {
	return Config{
		Timeout:         plugin.Duration(10 * time.Second),
		Retries:         1,
		RetryDelay:      plugin.Duration(time.Second),
		MinCertificate:  plugin.Duration(14 * 24 * time.Hour),
		Method:          "GET",
		UserAgent:       "Unity",
		FollowRedirects: true,
		MaxRedirects:    10,
		HTTPVersion:     "auto",
		MaxBodyBytes:    1 << 20,
		ExpectedStatus:  []string{"200-299"},
		JSONOperator:    "==",
		PingCount:       3,
		IPVersion:       "any",
		TLS:             fetch.TLS{Verify: true},
	}
}

// Plugin declares the web service plugin.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

func open(_ context.Context, config Config, host plugin.Host) (plugin.Collector, error) {
	return newCollector(config, host)
}
