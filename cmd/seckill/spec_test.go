package main

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v4"

	"github.com/seckill-bench/seckill/scenario"
)

// Every flag of run is a key of a scenario file, and every key a flag; variants
// are a list that only files have.
func TestFlagsAreKeys(t *testing.T) {
	var g grammar
	parser, err := kong.New(&g)
	if err != nil {
		t.Fatal(err)
	}
	var flags, keys []string
	for _, command := range parser.Model.Children {
		if command.Name != "run" {
			continue
		}
		for _, flag := range command.Flags {
			flags = append(flags, strings.ReplaceAll(inList(flag.Name), "-", "_"))
		}
	}
	spec := reflect.TypeFor[scenario.Spec]()
	for _, field := range reflect.VisibleFields(spec) {
		if key, _, _ := strings.Cut(field.Tag.Get("yaml"), ","); key != "version" && key != "variants" && !field.Anonymous {
			keys = append(keys, key)
		}
	}
	slices.Sort(flags)
	slices.Sort(keys)
	if !slices.Equal(flags, keys) {
		t.Errorf("flags and keys differ:\n%v\n%v", flags, keys)
	}
}

// inList is the name of the list that a flag adds to.
func inList(flag string) string {
	if flag == "fault" {
		return "faults"
	}
	return flag
}

// What a run writes as its scenario is read back as the same spec.
func TestScenarioGoesRoundTrip(t *testing.T) {
	var g grammar
	parser, err := kong.New(&g)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{
		"run", "--server", "redis://u:pw@h:1", "--stock", "7", "--buyers", "9", "--attempts", "1..3", "--double-click", "5%",
		"--arrivals", "constant:10/s*1s,poisson:5/s", "--duration", "3s", "--conns", "dedicated", "--timeout", "250ms", "--seed", "0", "--limit", "0",
		"--fault", "kill at=2s for=800ms", "--fault", "config-set at=1s set=maxmemory=3mb,maxmemory-policy=allkeys-random", "--fault", "drop-reply share=5%",
		"--expect", "loss-allowed,false-stock", "--topology", "replicas:2", "--wait", "1",
		"--crowd", "honest:80%,impatient:15%,bot:5%",
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
	g.Run.Version = 1
	text, err := g.Run.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "pw") {
		t.Errorf("the password is in the scenario:\n%s", text)
	}
	var back scenario.Spec
	if err := yaml.Unmarshal([]byte(text), &back); err != nil {
		t.Fatal(err)
	}
	want := g.Run.Spec
	want.Server = "redis://u@h:1"
	if !reflect.DeepEqual(back, want) {
		t.Errorf("read back as\n%+v, want\n%+v", back, want)
	}
}

// The file's values stand where no flag was given, and no other.
func TestFlagsGoOverTheFile(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "s.yaml", "version: 1\nbuyers: 7\nstock: 3\nlimit: 4\n")
	var g grammar
	parser, err := kong.New(&g)
	if err != nil {
		t.Fatal(err)
	}
	kctx, err := parser.Parse([]string{"run", "s.yaml", "--buyers", "8", "--seed", "0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Run.load(kctx); err != nil {
		t.Fatal(err)
	}
	if *g.Run.Buyers != 8 || g.Run.Stock != (scenario.Range{Least: 3, Most: 3}) || *g.Run.Limit != 4 || *g.Run.Seed != 0 || g.Run.Script != "once" {
		t.Errorf("read as %+v", g.Run.Spec)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
