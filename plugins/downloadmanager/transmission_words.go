package downloadmanager

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// snaked writes the names of values in JSON as Transmission does since 4.1:
// percentDone and download-dir become percent_done and download_dir.
func snaked(raw []byte) []byte {
	out := make([]byte, 0, len(raw)+len(raw)/16)
	for len(raw) > 0 {
		start := bytes.IndexByte(raw, '"')
		if start < 0 {
			break
		}
		end := start + 1
		for end < len(raw) && raw[end] != '"' {
			if raw[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(raw) {
			break
		}
		out = append(out, raw[:start]...)
		text, rest := raw[start:end+1], raw[end+1:]
		if after := bytes.TrimLeft(rest, " \t\r\n"); len(after) > 0 && after[0] == ':' {
			out = appendSnake(out, text)
		} else {
			out = append(out, text...)
		}
		raw = rest
	}
	return append(out, raw...)
}

func appendSnake(out, name []byte) []byte {
	for _, b := range name {
		switch {
		case b == '-':
			out = append(out, '_')
		case b >= 'A' && b <= 'Z':
			out = append(out, '_', b-'A'+'a')
		default:
			out = append(out, b)
		}
	}
	return out
}

// sessionOf is the session that a refusal gives.
func sessionOf(err error) string {
	if status := (*fetch.StatusError)(nil); errors.As(err, &status) {
		return status.Header.Get(sessionHeader)
	}
	return ""
}

// transmissionFault says what a refusal means.
func transmissionFault(err error) error {
	switch statusOf(err) {
	case http.StatusForbidden:
		return fault.As(fault.Permission, err, "Transmission does not let this address in").WithHint("add it to rpc-whitelist in settings.json, while Transmission is stopped")
	case http.StatusMisdirectedRequest:
		return fault.As(fault.Config, err, "Transmission does not answer to this name").
			WithHint("use its IP address, or add the name to rpc-host-whitelist in settings.json, while Transmission is stopped")
	case http.StatusConflict:
		return fault.As(fault.WrongService, err, "what answers is not Transmission").WithHint("check address and rpc_path")
	case http.StatusNotFound:
		return fault.As(fault.WrongService, err, "Transmission does not answer there").WithHint("check address and rpc_path")
	default:
		return err
	}
}
