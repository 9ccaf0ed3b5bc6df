package scenario

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

//go:embed builtin/*.yaml
var builtin embed.FS

// DefaultName is the scenario that runs when none is named.
const DefaultName = "flash-sale"

// Names lists the built-in scenarios.
func Names() []string {
	files, _ := fs.Glob(builtin, "builtin/*.yaml")
	for i, f := range files {
		files[i] = strings.TrimSuffix(path.Base(f), ".yaml")
	}
	return files
}

// Load reads a scenario over what spec holds already: a built-in name, or the
// path of a YAML file. An error names the file, the line and what was expected.
func Load(name string, spec *Spec) error {
	var text []byte
	var err error
	if slices.Contains(Names(), name) {
		text, err = builtin.ReadFile("builtin/" + name + ".yaml")
	} else if strings.ContainsAny(name, "./") {
		text, err = os.ReadFile(name)
	} else {
		return fmt.Errorf("unknown scenario %q; a scenario is a YAML file or one of: %s", name, strings.Join(Names(), ", "))
	}
	if err != nil {
		return fmt.Errorf("scenario: %w", err)
	}
	spec.Version = 0
	if err := decode(text, spec); err != nil {
		return fmt.Errorf("scenario %s: %s", name, oneLine(err))
	}
	if spec.Version != 1 {
		return fmt.Errorf("scenario %s: want the line \"version: 1\"", name)
	}
	return nil
}

func decode(text []byte, spec *Spec) error {
	loader, err := yaml.NewLoader(bytes.NewReader(text), yaml.WithKnownFields(true), yaml.WithUniqueKeys(true))
	if err != nil {
		return err
	}
	return loader.Load(spec)
}

// unknownField is how the library words a field that Spec does not have.
var unknownField = regexp.MustCompile(`field (\S+) not found in type scenario\.Spec`)

// oneLine joins the lines of a YAML error, each of which names its place, and
// words them for somebody who does not know the library.
func oneLine(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: construct errors:")
	text = unknownField.ReplaceAllString(text, "unknown field $1")
	return strings.Join(strings.Fields(text), " ")
}

// Parse reads a scenario's text, as YAML wrote it.
func Parse(text string) (Spec, error) {
	var spec Spec
	if err := decode([]byte(text), &spec); err != nil {
		return spec, fmt.Errorf("scenario: %s", oneLine(err))
	}
	return spec, nil
}

// YAML is the spec as a scenario file, every default written out and the
// password taken out of the server's URL.
func (s Spec) YAML() (string, error) {
	s.Server = WithoutPassword(s.Server)
	text, err := yaml.Marshal(s)
	return string(text), err
}

// About is what a built-in scenario says of itself: its first line, a comment.
func About(name string) (string, error) {
	text, err := builtin.ReadFile("builtin/" + name + ".yaml")
	first, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimPrefix(first, "# "), err
}

// WithoutPassword takes the password out of a URL; other text stays as it is.
func WithoutPassword(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.User == nil || u.Host == "" {
		return text
	}
	if name := u.User.Username(); name != "" {
		u.User = url.User(name)
	} else {
		u.User = nil
	}
	return u.String()
}
