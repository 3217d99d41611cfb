package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

type object = map[string]any

// yaml is an object as text, sent as it is.
type yaml string

// api is a small client of the API server, with one identity.
type api struct {
	base, token string
	http        *http.Client
}

func newAPI(base, token string, ca []byte) *api {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	transport := &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: pool},
		MaxIdleConnsPerHost: 16,
		ForceAttemptHTTP2:   true,
	}
	return &api{base, token, &http.Client{Transport: transport, Timeout: 30 * time.Second}}
}

func (a *api) as(token string) *api { return &api{a.base, token, a.http} }

// status is an answer that is not a success.
type status struct {
	code int
	text string
}

func (s *status) Error() string { return fmt.Sprintf("%d: %s", s.code, s.text) }

// is says whether the error is an answer with that code.
func is(err error, code int) bool {
	answer, ok := err.(*status)
	return ok && answer.code == code
}

func (a *api) do(method, path, kind string, body any) (object, error) {
	var reader io.Reader
	if text, ok := body.(yaml); ok {
		reader, kind = strings.NewReader(string(text)), "application/yaml"
	} else if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, a.base+path, reader)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+a.token)
	request.Header.Set("Content-Type", kind)
	answer, err := a.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode >= 300 {
		return nil, &status{answer.StatusCode, string(text)}
	}
	var read object
	// Health checks answer with plain text.
	_ = json.Unmarshal(text, &read)
	return read, nil
}

func (a *api) get(path string) (object, error) { return a.do("GET", path, "application/json", nil) }

func (a *api) post(path string, body any) (object, error) {
	return a.do("POST", path, "application/json", body)
}

func (a *api) put(path string, body any) (object, error) {
	return a.do("PUT", path, "application/json", body)
}

// patch merges as the API server understands the kind: lists with keys are merged by them.
func (a *api) patch(path string, body any) (object, error) {
	return a.do("PATCH", path, "application/strategic-merge-patch+json", body)
}

func (a *api) merge(path string, body any) (object, error) {
	return a.do("PATCH", path, "application/merge-patch+json", body)
}

func (a *api) items(path string) ([]object, error) {
	list, err := a.get(path)
	if err != nil {
		return nil, err
	}
	var all []object
	for _, item := range array(list, "items") {
		all = append(all, item.(object))
	}
	return all, nil
}

// value is what lies at the end of a path, or nil.
func value(in any, path ...string) any {
	for _, name := range path {
		fields, ok := in.(object)
		if !ok {
			return nil
		}
		in = fields[name]
	}
	return in
}

func text(in any, path ...string) string {
	found, _ := value(in, path...).(string)
	return found
}

func array(in any, path ...string) []any {
	found, _ := value(in, path...).([]any)
	return found
}

// condition of that type, or nil.
func condition(in object, kind string) object {
	for _, entry := range array(in, "status", "conditions") {
		if text(entry, "type") == kind {
			return entry.(object)
		}
	}
	return nil
}

// setCondition replaces the condition of that type and says whether anything changed.
func setCondition(in object, kind, state, reason, message string) bool {
	if found := condition(in, kind); found != nil && text(found, "status") == state && text(found, "reason") == reason {
		return false
	}
	removeCondition(in, kind)
	entry := object{"type": kind, "status": state, "lastProbeTime": nil, "lastTransitionTime": now()}
	if reason != "" {
		entry["reason"], entry["message"] = reason, message
	}
	status := in["status"].(object)
	status["conditions"] = append(array(in, "status", "conditions"), entry)
	return true
}

func removeCondition(in object, kind string) {
	var rest []any
	for _, entry := range array(in, "status", "conditions") {
		if text(entry, "type") != kind {
			rest = append(rest, entry)
		}
	}
	if status, ok := in["status"].(object); ok {
		status["conditions"] = rest
	}
}

func now() string { return time.Now().UTC().Format(time.RFC3339) }
