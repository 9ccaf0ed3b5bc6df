package scenario

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seckill-bench/seckill/scenario/strategy"
)

// loadText loads a scenario from a file with the text, after a line of version.
func loadText(t *testing.T, text string) (Spec, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.yaml")
	if err := os.WriteFile(path, []byte("version: 1\n"+text+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var s Spec
	err := Load(path, &s)
	return s, err
}

func TestVariantsThatAreNone(t *testing.T) {
	const b = "\n  - {name: b}"
	for _, test := range []struct{ why, text, want string }{
		{"no list", "variants: 3", "line 2: want a list of variants"},
		{"an empty list", "variants: []", "line 2: a comparison needs two variants or more"},
		{"one variant", "variants:\n  - {name: a}", "line 3: a comparison needs two variants or more"},
		{"the same name", "variants:\n  - {name: a}\n  - {name: a, stock: 3}", `line 4: there is a variant "a" already`},
		{"no name", "variants:\n  - {stock: 3}" + b, "line 3: the variant has no name"},
		{"a plain value", "variants:\n  - once" + b, "line 3: want a variant as a map"},
		{"an unknown field", "variants:\n  - name: a\n    stok: 3" + b, "line 4: unknown field stok"},
		{"a field of the whole", "variants:\n  - {name: a, seed: 3}" + b, "line 3: seed is that of the whole comparison"},
		{"a list in the list", "variants:\n  - {name: a, variants: []}" + b, "line 3: variants is that of the whole comparison"},
		{"a wrong value", "variants:\n  - name: a\n    stock: many" + b, `line 4: "many" is not a whole number`},
		{"a field twice", "variants:\n  - name: a\n    stock: 3\n    stock: 4" + b, "line 5: mapping key \"stock\" already defined"},
		{"too many", "variants:" + many(maxVariants+1), "more than the 32 that can be compared"},
	} {
		_, err := loadText(t, test.text)
		if err == nil || !strings.Contains(err.Error(), "s.yaml: ") || !strings.Contains(err.Error(), test.want) || strings.Count(err.Error(), ": line ") != 1 {
			t.Errorf("%s: said %v, want %q", test.why, err, test.want)
		}
	}
	if _, err := loadText(t, "variants:"+many(maxVariants)); err != nil {
		t.Error(err)
	}
}

// many is a list of so many variants.
func many(n int) string {
	var text strings.Builder
	for i := range n {
		text.WriteString("\n  - {name: v" + strings.Repeat("x", i) + "}")
	}
	return text.String()
}

// A variant sets what it names, to nothing too, and changes nothing else.
func TestVariantGoesOverItsBase(t *testing.T) {
	base, err := loadText(t, `
stock: 7
limit: 3
buyers: 9
faults: [{do: drop-reply, share: 5%}]
variants:
  - {name: as it is}
  - {name: other, script: mine/x.lua, limit: 4, timeout: 250ms, buyers: ~, faults: []}
`)
	if err != nil {
		t.Fatal(err)
	}
	same := base.Variants[0].Over(base)
	if same.Variants = base.Variants; !reflect.DeepEqual(same, base) {
		t.Errorf("a variant that sets nothing is\n%+v, not\n%+v", same, base)
	}
	got := base.Variants[1].Over(base)
	if got.Stock.Most != 7 || *got.Limit != 4 || got.Timeout != 250*time.Millisecond || got.Buyers != nil || len(got.Faults) != 0 || got.Variants != nil {
		t.Errorf("the variant is %+v", got)
	}
	if *base.Limit != 3 || *base.Buyers != 9 || len(base.Faults) != 1 {
		t.Errorf("the base became %+v", base)
	}
	if dir := filepath.Dir(filepath.Dir(got.Script)); !filepath.IsAbs(got.Script) || dir == "/" {
		t.Errorf("the script %s is not in the file's folder", got.Script)
	}
	if text, err := base.YAML(); err != nil || strings.Contains(text, "variants") {
		t.Errorf("as run it is (%v)\n%s", err, text)
	}
}

func TestWhatVaries(t *testing.T) {
	for _, field := range fields() {
		key := keyOf(field)
		if err := CheckVaries(key); (err != nil) != slices.Contains(notVaried, key) {
			t.Errorf("%s: %v", key, err)
		}
	}
	if CheckVaries("double-click") == nil || CheckVaries("") == nil {
		t.Error("a key that there is not may vary")
	}
}

// Fields tell every field, and no password; Parse reads back what a record has.
func TestFields(t *testing.T) {
	base, err := loadText(t, "server: redis://u:pw@h:1\nexpect: [loss-allowed, lost-sale]\narrivals: closed:3\nretries: 2")
	if err != nil {
		t.Fatal(err)
	}
	all, err := base.Fields()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []Field{
		{"server", "redis://u@h:1"}, {"expect", "[loss-allowed, lost-sale]"}, {"arrivals", "closed:3"}, {"retries", "2"}, {"limit", ""},
	} {
		if !slices.Contains(all, want) {
			t.Errorf("%v is not among %v", want, all)
		}
	}
	text, err := base.YAML()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse(text)
	if base.Server = "redis://u@h:1"; err != nil || !reflect.DeepEqual(back, base) {
		t.Errorf("read back (%v) as\n%+v, not\n%+v", err, back, base)
	}
}

func TestFilled(t *testing.T) {
	limited, err := strategy.Find("limited", "")
	if err != nil {
		t.Fatal(err)
	}
	base, err := loadText(t, "stock: 7\nattempts: 1\ntimeout: 1s\nconns: pool:4\narrivals: burst")
	if err != nil {
		t.Fatal(err)
	}
	got, err := base.Filled(limited)
	if err != nil || *got.Limit != limited.Terms.Limit || got.Quantity.Most() != limited.Quantity || base.Limit != nil {
		t.Errorf("filled (%v) as %+v", err, got)
	}
	base.Release = .5
	if _, err := base.Filled(limited); err == nil || !strings.Contains(err.Error(), "--release") {
		t.Errorf("a script without a release: %v", err)
	}
}

// The built-in comparisons can be read, and say what they are about.
func TestBuiltInComparisons(t *testing.T) {
	seen := 0
	for _, name := range Names() {
		var s Spec
		if err := Load(name, &s); err != nil {
			t.Error(err)
		}
		if about, err := About(name); err != nil || about == "" {
			t.Errorf("%s says %q (%v)", name, about, err)
		}
		if len(s.Variants) > 0 {
			seen++
		}
	}
	if seen < 2 {
		t.Errorf("%d comparisons", seen)
	}
}
