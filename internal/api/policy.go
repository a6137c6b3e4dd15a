package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"regexp"
	"strings"
)

// inline finds the scripts and styles that stand in a page itself.
var inline = regexp.MustCompile(`(?s)<(script|style)(?:\s[^>]*)?>(.*?)</(?:script|style)>`)

// announcerStyle is the hash of the one style attribute in the interface: that
// of SvelteKit's announcer, which tells screen readers of a new page.
const announcerStyle = "'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo='"

// policyOf returns the Content-Security-Policy of a page: nothing is loaded from
// elsewhere, and of scripts and styles in the page itself only those run that
// are there now. What somebody smuggles into it stays text.
func policyOf(page []byte) string {
	allowed := map[string][]string{"script": {"'self'"}, "style": {"'self'"}}
	for _, found := range inline.FindAllSubmatch(page, -1) {
		kind, text := string(found[1]), bytes.ReplaceAll(found[2], []byte("\r\n"), []byte("\n"))
		if len(text) == 0 {
			continue // its text is a file
		}
		sum := sha256.Sum256(text)
		allowed[kind] = append(allowed[kind], "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return strings.Join([]string{
		"default-src 'self'",
		"script-src " + strings.Join(allowed["script"], " "),
		"style-src " + strings.Join(allowed["style"], " "),
		"style-src-attr 'unsafe-hashes' " + announcerStyle,
		"img-src 'self' data:",
		"connect-src 'self'",
		"object-src 'none'",
		"frame-ancestors 'none'",
		"base-uri 'none'",
		"form-action 'self'",
	}, "; ")
}

// policyOfStart returns the policy of the page that the interface starts from.
// Without a built interface there is nothing to allow.
func policyOfStart(web fs.FS) string {
	if web == nil {
		return policyOf(nil)
	}
	page, err := fs.ReadFile(web, "index.html")
	if err != nil {
		return policyOf(nil)
	}
	return policyOf(page)
}
