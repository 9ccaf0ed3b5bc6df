package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// WriteBench writes bench.txt in the format of Go benchmarks, for benchstat:
// the conditions as configuration lines, then the run as one line. A figure
// that does not exist is left out.
// Format: https://go.dev/design/14313-benchmark-format.
func WriteBench(w io.Writer, s *Summary) error {
	var b strings.Builder
	writeConfig(&b, "", s.benchConfig())
	if line := benchLine(s); line != "" {
		b.WriteString("\n" + line + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeConfig writes conditions as configuration lines, each after the prefix.
func writeConfig(b *strings.Builder, prefix string, all []setting) {
	for _, c := range all {
		if c.value != "" {
			fmt.Fprintf(b, "%s%s: %s\n", prefix, benchKey(c.name), Plain(c.value))
		}
	}
}

// benchLine is the run as a line, without its end; empty where nothing was
// answered.
func benchLine(s *Summary) string {
	if s.Throughput == nil || *s.Throughput <= 0 {
		return ""
	}
	line := fmt.Sprintf("BenchmarkSale %d %.0f ns/op", s.Recorded, 1e9/(*s.Throughput))
	for _, f := range []struct {
		unit string
		of   *distribution
	}{{"p99-ns", s.response}, {"service-p99-ns", s.service}} {
		if p99 := f.of.percentiles().P99; p99 != nil {
			line += fmt.Sprintf(" %d %s", *p99, f.unit)
		}
	}
	return line + fmt.Sprintf(" %.0f attempts/s", *s.Throughput)
}

// ofOneRun are the fields of a scenario that tell runs apart and workloads not:
// benchstat would compare no two runs that differ in them.
var ofOneRun = []string{"version", "item", "seed", "out", "replace", "overwrite", "password_file", "tls_ca", "tls_cert", "tls_key", "tls_insecure"}

// benchConfig is the conditions of the run: the scenario's own fields last
// written win, since a later line replaces an earlier one of the same key.
func (s *Summary) benchConfig() []setting {
	h := &s.Head
	workload := slices.DeleteFunc(s.settings(), func(field setting) bool { return slices.Contains(ofOneRun, field.name) })
	return append([]setting{
		{"goos", osOf(h.Host.OS)}, {"goarch", archOf(h.Host.OS)}, {"cpus", fmt.Sprint(h.Host.CPUs)},
		{"seckill", h.Host.Seckill}, {"go", h.Host.Go},
		{"name", h.Name}, {"model", h.Model},
		{"server-kind", h.Server.Kind}, {"server-version", s.serverName()}, {"topology", h.Server.Topology},
		{"script-sha1", h.Script.SHA1}, {"verdict", string(s.Verdict.Opinion)},
	}, workload...)
}

// benchKey makes a key the format allows: it begins in lower case and holds
// neither upper case nor space.
func benchKey(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '_':
			return '-'
		case unicode.IsSpace(r) || unicode.IsUpper(r) || r == ':':
			return -1
		}
		return r
	}, name)
}

func osOf(platform string) string {
	name, _, _ := strings.Cut(platform, "/")
	return name
}

func archOf(platform string) string {
	_, arch, _ := strings.Cut(platform, "/")
	return arch
}
