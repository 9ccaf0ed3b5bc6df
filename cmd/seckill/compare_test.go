package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/history"
)

func TestVary(t *testing.T) {
	for _, test := range []struct {
		why   string
		flags []string
		want  []string
	}{
		{"one key", []string{"script=once,packed"}, []string{"once", "packed"}},
		{"values with commas", []string{"server-config=a=1|a=2,b=3"}, []string{"a=1", "a=2,b=3"}},
		{"a key as in a file", []string{"double_click=0,5%"}, []string{"0", "5%"}},
		{"itself", []string{"script=once,once,once"}, []string{"once", "once-2", "once-3"}},
		{"a name that is a number's", []string{"script=once,once-2,once"}, []string{"once", "once-2", "once-3"}},
		{"every one with every other", []string{"script=once,packed", "conns=pool:1,pool:2"}, []string{
			"script=once conns=pool:1", "script=once conns=pool:2", "script=packed conns=pool:1", "script=packed conns=pool:2"}},
		{"a password", []string{"server=redis://:pw@a:1,redis://:pw@b:1"}, []string{"redis://a:1", "redis://b:1"}},
		{"faults", []string{"fault=kill at=1s|pause at=2s for=100ms"}, []string{"kill at=1s", "pause at=2s for=100ms"}},
	} {
		list, err := varied(test.flags)
		var names []string
		for _, v := range list {
			names = append(names, v.Name)
		}
		if err != nil || !slices.Equal(names, test.want) {
			t.Errorf("%s: %q are %q (%v), want %q", test.why, test.flags, names, err, test.want)
		}
	}
}

func TestVaryThatIsNone(t *testing.T) {
	for _, test := range []struct {
		flags []string
		want  string
	}{
		{[]string{"script"}, "want KEY=A,B"},
		{[]string{"=once,packed"}, "want KEY=A,B"},
		{[]string{"script=once"}, "want two values or more"},
		{[]string{"server-config=a=1,|"}, "a value is empty"},
		{[]string{"script=once,"}, "a value is empty"},
		{[]string{"scrpt=once,packed"}, "unknown field scrpt"},
		{[]string{"seed=1,2"}, "seed is that of the whole comparison"},
		{[]string{"stock=1,many"}, `--stock: "many" is not a whole number`},
		{[]string{"script=once,packed", "script=once,packed"}, "script is there already"},
		{[]string{"stock=1,2,3,4,5,6", "buyers=1,2,3,4,5,6"}, "36 variants are more"},
	} {
		if _, err := varied(test.flags); err == nil || !strings.HasPrefix(err.Error(), "--vary") || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: said %v, want %q", test.flags, err, test.want)
		}
	}
}

// What several keys set goes over the base together, each with its own value.
func TestVariedKeysGoTogether(t *testing.T) {
	list, err := varied([]string{"script=once,packed", "conns=pool:1,pool:2"})
	if err != nil {
		t.Fatal(err)
	}
	base, err := parseFlags([]string{"--stock=7", "--conns=pool:9"})
	if err != nil {
		t.Fatal(err)
	}
	got := list[2].Over(base)
	want, err := parseFlags([]string{"--stock=7", "--conns=pool:1", "--script=packed"})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("packed with pool:1 is (%v)\n%+v, not\n%+v", err, got, want)
	}
}

// The command line of a run alone makes the same spec, for any flag.
func TestCommandOfARunAlone(t *testing.T) {
	for _, flags := range [][]string{
		nil,
		{
			"--server=valkey-server", "--topology=replicas:1", "--server-config=appendonly=yes,appendfsync=always", "--overwrite", "--script=x y.lua",
			"--contract=c.yaml", "--item=5", "--items=3", "--skew=zipf:1.1", "--stock=1..8", "--quantity=1:0.9,5:0.1", "--limit=0", "--restock=100@500ms",
			"--buyers=9", "--attempts=2..3", "--double-click=5%", "--retries=2", "--release=0.1", "--abandon=0.2", "--buyer-ids=pattern:u-{n}",
			"--arrivals=constant:10/s*1s,poisson:5/s", "--duration=3s", "--patience=2s", "--conns=dedicated", "--timeout=250ms", "--wait=1",
			"--client-retries=1", "--sample=0s", "--lost-replies=2%", "--seed=12", "--fault=kill at=2s for=800ms", "--fault=drop-reply share=5%",
			"--expect=loss-allowed,lost-sale", "--slo=p99<5ms", "--allow-faults-on=redis://h:1", "--password-file=p", "--tls-ca=a", "--tls-insecure",
		},
	} {
		spec, err := parseFlags(flags)
		if err != nil {
			t.Fatal(err)
		}
		line, err := commandOf(spec)
		if err != nil {
			t.Fatal(err)
		}
		words := strings.ReplaceAll(strings.TrimPrefix(line, "seckill run"), `'\''`, "")
		back, err := parseFlags(unquote(words))
		if err != nil || !reflect.DeepEqual(back, spec) {
			t.Errorf("%s\nmakes (%v)\n%+v, not\n%+v", line, err, back, spec)
		}
	}
	spec, _ := parseFlags([]string{"--server=redis://u:secret@h:1"})
	if line, _ := commandOf(spec); strings.Contains(line, "secret") || !strings.Contains(line, "redis://u@h:1") {
		t.Errorf("it says %s", line)
	}
}

// unquote splits words as a shell does, of which some are in single quotes.
func unquote(line string) (words []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

func TestFolderNames(t *testing.T) {
	for name, want := range map[string]string{
		"once": "once", "a/../b": "a-..-b", "..": "variant", "script=x conns=pool:4": "script=x-conns=pool-4", "秒杀": "variant",
		strings.Repeat("x", 200): strings.Repeat("x", maxFolder),
	} {
		if got := folderName(name); got != want {
			t.Errorf("%q goes to %q, want %q", name, got, want)
		}
	}
}

// ready are the variants of flags over a base, prepared.
func ready(t *testing.T, base []string, vary ...string) []*variant {
	t.Helper()
	list, err := varied(vary)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := parseFlags(append(base, "--seed=1", "--server=embedded"))
	if err != nil {
		t.Fatal(err)
	}
	variants, err := prepare(list, spec, "throughput")
	if err != nil {
		t.Fatal(err)
	}
	return variants
}

// Variants that sell something else, or to others, are refused with the fields;
// those that sell in another way are not.
func TestUnlikeWorkloads(t *testing.T) {
	free := freeScript(t)
	for _, test := range []struct {
		vary, base, want, warned string
	}{
		{vary: "stock=10,20", want: "stock is 20, not 10"},
		{vary: "buyers=10,20", want: "buyers is 20, not 10"},
		{vary: "attempts=1,1..2", want: "attempts is 1..2, not 1"},
		{vary: "quantity=1|2", base: "--script=limited", want: "quantity is 2, not 1"},
		{vary: "items=1,2", want: "items is 2, not 1"},
		{vary: "double-click=0,5%", want: "double_click is 0.05, not 0"},
		{vary: "limit=4,6", base: "--script=limited", want: "limit is 6, not 4"},
		{vary: "release=0,5%", base: "--script=buckets", want: "release is 0.05, not 0"},
		{vary: "restock=1@1s|2@1s", base: "--script=free", want: "restock is 2@1s, not 1@1s"},
		{vary: "skew=uniform,zipf", want: "skew is zipf:0.99, not uniform"},
		{vary: "retries=0,1", want: "retries is 1, not 0"},
		{vary: "duration=1s,2s", want: "duration is 2s, not 1s"},
		{vary: "buyer-ids=from:1,from:2", want: "buyer_ids is from:2, not from:1"},
		{vary: "faults=kill at=1s|kill at=2s", want: "faults is"},
		{vary: "lost-replies=0,5%", want: "lost_replies is 0.05, not 0"},
		{vary: "arrivals=burst|closed:4", want: "arrivals are closed:4, not burst"},
		{vary: "arrivals=constant:9/s*1s|closed:4", want: "arrivals are closed:4, not constant:9/s*1s"},
		{vary: "script=once,limited", want: "quantity is 2, not 1"},
		{vary: "script=once,free", base: "--attempts=2", want: "limit is 0, not 1"},

		{vary: "arrivals=closed:4|closed:8", warned: "come by closed:8, those of closed:4 by closed:4"},
		{vary: "arrivals=constant:9/s*1s|poisson:20/s*1s", warned: "poisson:20/s*1s"},
		{vary: "script=once,free"}, // nobody comes twice, so no limit is met
		{vary: "script=once,packed", base: "--attempts=2"},
		{vary: "conns=pool:4,dedicated"},
		{vary: "timeout=1s,2s"},
		{vary: "server-config=appendonly=no|appendonly=yes,appendfsync=always", base: "--server=auto"},
	} {
		test.vary, test.base = strings.Replace(test.vary, "free", free, 1), strings.Replace(test.base, "free", free, 1)
		variants := readyOn(t, test.base, test.vary)
		warnings, err := alike(variants)
		switch {
		case test.want == "" && err != nil, test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s %s: said %v, want %q", test.base, test.vary, err, test.want)
		case (test.warned == "") != (len(warnings) == 0), test.warned != "" && !strings.Contains(warnings[0], test.warned):
			t.Errorf("%s %s: warned %q, want %q", test.base, test.vary, warnings, test.warned)
		}
	}
}

// readyOn prepares variants over a base flag.
func readyOn(t *testing.T, base, vary string) []*variant {
	t.Helper()
	if base == "--server=auto" {
		list, err := varied([]string{vary})
		if err != nil {
			t.Fatal(err)
		}
		spec, _ := parseFlags([]string{"--seed=1"})
		variants, err := prepare(list, spec, "throughput")
		if err != nil {
			t.Fatal(err)
		}
		return variants
	}
	return ready(t, strings.Fields(base), vary)
}

// freeScript is a script without a limit.
func freeScript(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir+"/free.lua", freeLua)
	write(t, dir+"/free.yaml", freeYAML)
	return dir + "/free.lua"
}

const freeLua = `if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end
redis.call('DECR', KEYS[1])
return 1
`

const freeYAML = `version: 1
script: free.lua
keys: {stock: "f:{{item}}:stock"}
open: [[SET, $stock, "{{stock}}"]]
restock: [[INCRBY, $stock, "{{stock}}"]]
buy:
  keys: [stock]
  args: ["{{buyer}}"]
  replies: [{int: 1, outcome: ok}, {int: 0, outcome: sold_out}]
audit: {stock: {get: stock}}
promises: {limit: 0}
`

// A limit that follows from the script is told among what the variant changes.
func TestChanges(t *testing.T) {
	free := freeScript(t)
	variants := ready(t, nil, "script=once,packed,"+free)
	want := []report.Change{{Name: "script", Value: free}, {Name: "limit", Value: "0 (of its contract)"}}
	if got := variants[2].changes; !slices.Equal(got, want) {
		t.Errorf("free changes %v, want %v", got, want)
	}
	if got := variants[1].changes; !slices.Equal(got, []report.Change{{Name: "script", Value: "packed"}}) {
		t.Errorf("packed changes %v", got)
	}
}

// Only rounds that were finished count. What is wrong in another is told.
func TestUnfinishedRounds(t *testing.T) {
	run := func(ended string, opinion check.Opinion) *report.VariantRun {
		s := &report.Summary{Tail: &history.Tail{Ended: ended}, Verdict: check.Verdict{Opinion: opinion}}
		if opinion == check.Invalid {
			s.Verdict.Violations = []check.Violation{{Rule: "oversell"}}
		}
		return &report.VariantRun{Summary: s}
	}
	done, off, killed := run(history.EndedDone, check.Valid), run(history.EndedInterrupted, check.Valid), &report.VariantRun{Summary: &report.Summary{}}
	wrong := run(history.EndedDone, check.Invalid)
	for _, test := range []struct {
		why    string
		runs   []*report.VariantRun
		counts bool
		beside int
	}{
		{"both to their end", []*report.VariantRun{done, done}, true, 0},
		{"closed by the clock", []*report.VariantRun{done, run(history.EndedDuration, check.Valid)}, true, 0},
		{"wrong, and counts", []*report.VariantRun{wrong, done}, true, 0},
		{"not made", []*report.VariantRun{done, nil}, false, 0},
		{"interrupted", []*report.VariantRun{off, done}, false, 0},
		{"killed", []*report.VariantRun{killed, done}, false, 0},
		{"wrong, and does not count", []*report.VariantRun{wrong, nil}, false, exitInvalid},
	} {
		for _, round := range []int{0, 3} {
			c := &report.Comparison{Variants: make([]report.Variant, 2)}
			beside := take(c, round, test.runs)
			beside = max(beside, take(&report.Comparison{Variants: make([]report.Variant, 2), Warnings: c.Warnings}, round, test.runs))
			counts := len(c.Variants[0].Runs) == 1 && len(c.Variants[1].Runs) == 1
			if round == 0 {
				counts = c.Variants[0].Rehearsal == test.runs[0] && c.Variants[1].Rehearsal == test.runs[1] && test.runs[1] != nil
			}
			if counts != test.counts || beside != test.beside || (beside != 0) != (len(c.Warnings) == 1) {
				t.Errorf("%s, round %d: counts %v, exit code %d, warnings %q", test.why, round, counts, beside, c.Warnings)
			}
		}
	}
}

func TestServersThatAreThere(t *testing.T) {
	for name, want := range map[string]string{
		"auto": "", "embedded": "", "redis://h:1": "", "sh": "",
		"no-such-server": "install the package", "valkey-nothing": "(of Debian valkey-server)", "/no/such/server": "cannot be run",
	} {
		if err := canStart(name); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

// The base is the first variant, unless another is named.
func TestBaseline(t *testing.T) {
	list, err := varied([]string{"script=once,packed,article"})
	if err != nil {
		t.Fatal(err)
	}
	c := &compareCmd{Baseline: "article", Spec: scenario.Spec{Variants: list}}
	got, err := c.list("x")
	if err != nil || namesOf(got) != "article, once, packed" || namesOf(list) != "once, packed, article" {
		t.Errorf("%s of %s: %v", namesOf(got), namesOf(list), err)
	}
	plan := &comparisonPlan{Variants: []plannedVariant{{Name: "a"}, {Name: "b"}, {Name: "c"}}}
	if err := plan.putFirst("c"); err != nil || plan.Variants[0].Name+plan.Variants[1].Name+plan.Variants[2].Name != "cab" {
		t.Errorf("%v: %v", plan.Variants, err)
	}
	if plan.putFirst("d") == nil {
		t.Error("a variant that there is not is the base")
	}
}
