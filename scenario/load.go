package scenario

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
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
	} else if filepath.Ext(name) == ".lua" {
		return fmt.Errorf("scenario %s: that is a script; want --script %s", name, name)
	} else if strings.ContainsAny(name, "./") {
		text, err = os.ReadFile(name)
	} else {
		return fmt.Errorf("unknown scenario %q; a scenario is a YAML file or one of: %s", name, strings.Join(Names(), ", "))
	}
	if err != nil {
		return fmt.Errorf("scenario: %w", err)
	}
	spec.Variants = nil
	if err := spec.read(text, filepath.Dir(name)); err != nil {
		return fmt.Errorf("scenario %s: %w", name, err)
	}
	if spec.Version != 1 {
		return fmt.Errorf("scenario %s: want the line \"version: 1\"", name)
	}
	return nil
}

// read decodes a scenario over what the spec holds. Its paths are relative to
// the folder it stands in.
func (s *Spec) read(text []byte, dir string) error {
	s.Version = 0
	var before []string
	for _, path := range s.paths() {
		before = append(before, *path)
		*path = ""
	}
	if err := decode(text, s); err != nil {
		return err
	}
	for i, path := range s.paths() {
		if *path == "" {
			*path = before[i]
		} else if s.isFile(path) && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
	s.Variants.place(dir)
	return nil
}

// paths are the fields that name files.
func (s *Spec) paths() []*string {
	return []*string{&s.Script, &s.Contract, &s.PasswordFile, &s.TLSCA, &s.TLSCert, &s.TLSKey, &s.BuyerIDs.File, &s.Arrivals.File, &s.Orders}
}

// isFile reports whether one of the paths names a file: a script may be one
// that is built in, and an order book one that is made for the run.
func (s *Spec) isFile(path *string) bool {
	if path == &s.Orders {
		return *path != "" && keepsBook(*path)
	}
	return *path != "" && (path != &s.Script || filepath.Ext(*path) == ".lua")
}

func decode(text []byte, spec *Spec) error {
	loader, err := yaml.NewLoader(bytes.NewReader(text), yaml.WithKnownFields(true), yaml.WithUniqueKeys(true))
	if err != nil {
		return err
	}
	switch err := loader.Load(spec); {
	case errors.Is(err, io.EOF):
		return errors.New("it is empty")
	case err != nil:
		return errors.New(inPlainWords(err))
	}
	if err := loader.Load(new(Spec)); !errors.Is(err, io.EOF) {
		return errors.New("it holds a second document (---), and a scenario is one")
	}
	return nil
}

// plainWords says what the library says to somebody who does not know it.
var plainWords = []struct {
	library *regexp.Regexp
	plain   string
}{
	{regexp.MustCompile("cannot construct !!\\w+ (`.*`)? ?into \\[\\]fault\\.Fault"), "want a list of faults: - {do: kill, at: 2s}"},
	{regexp.MustCompile("cannot construct !!\\w+ (`.*`)? ?into \\[\\]scenario\\.Background"), "want a list of reads: - {read: stock, rate: 500/s}"},
	{regexp.MustCompile("cannot construct !!\\w+ (`.*` )?into \\[\\]string"), "want a list: [loss-allowed, false-stock]"},
	{regexp.MustCompile("cannot construct !!\\w+ (`.*` )?into server\\.Topology.*"), "want standalone, replicas:N, cluster:N or masters:N"},
	{regexp.MustCompile(`field (\S+) not found in type \S+`), "unknown field $1; the fields are the flags of seckill run, with _ for -"},
	{regexp.MustCompile("cannot construct !!\\w+ (`.*`) into u?int\\d*"), "want a whole number, not $1"},
	{regexp.MustCompile("cannot construct !!\\w+ (`.*`) into time.Duration"), "want a time like 500ms or 3s, not $1"},
	{regexp.MustCompile("cannot construct !!\\w+ (`.*`) into bool"), "want true or false, not $1"},
	{regexp.MustCompile(`cannot construct !!\w+ into scenario\.Spec`), "want lines like stock: 1000"},
	{regexp.MustCompile(`^go-yaml load error in (?:.*) at L(\d+)\.C\d+: `), "line $1: "},
	{regexp.MustCompile(`^line \d+: (line \d+: )`), "$1"}, // a list names the line of its entry
}

// inPlainWords words the first of the library's errors, which names its line.
func inPlainWords(err error) string {
	lines := strings.Split(strings.TrimPrefix(err.Error(), "yaml: construct errors:"), "\n")
	first := ""
	for _, line := range lines {
		if first = strings.TrimSpace(line); first != "" {
			break
		}
	}
	for _, w := range plainWords {
		first = w.library.ReplaceAllString(first, w.plain)
	}
	return first
}

// YAML is the spec as a scenario file that runs from anywhere: every default
// written out, paths made absolute, the place of the results and the variants
// left out and the password taken out of the server's URL.
func (s Spec) YAML() (string, error) {
	s.Server, s.Orders = WithoutPassword(s.Server), WithoutPassword(s.Orders)
	s.Out, s.Replace, s.Variants = "", false, nil
	for _, path := range s.paths() {
		if !s.isFile(path) {
			continue
		}
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return "", err
		}
		*path = absolute
	}
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
	if err != nil || u.Scheme == "" {
		return text
	}
	asked := u.Query()
	switch {
	case asked.Has("password"): // libpq's way
		asked.Del("password")
		u.RawQuery = asked.Encode()
	case u.User == nil:
		return text
	}
	u.User = url.User(u.User.Username())
	if u.User.Username() == "" {
		u.User = nil
	}
	return u.String()
}
