package report

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A shownPage is a page and how many pictures it has.
type shownPage struct {
	html    string
	figures int
}

// shownPages are pages of sales and comparisons of every kind.
func shownPages(t *testing.T) map[string]shownPage {
	all := map[string]shownPage{
		"burst":   {pageOf(t, validBurst(t)), 4},
		"open":    {pageOf(t, openRun(t)), 3},
		"hurt":    {pageOf(t, hurtTogether(t)), 3},
		"hostile": {pageOf(t, hostileSummary(t)), 4},
	}
	for _, name := range []string{"limit", "none", "one", "many"} {
		all["compare-"+name] = shownPage{comparisonPageOf(t, contests[name](t)), 2}
	}
	return all
}

// put writes a page where a browser finds it.
func (p shownPage) put(t *testing.T, name string) (path string) {
	t.Helper()
	dir := *samples
	if dir == "" {
		dir = t.TempDir()
	}
	path = filepath.Join(dir, name+".html")
	if err := os.WriteFile(path, []byte(p.html), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPagesInABrowser(t *testing.T) {
	b := newBrowser(t)
	all := shownPages(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		p := all[name]
		wrong, err := b.inspect(p.put(t, name), p.figures, allViews...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, what := range wrong {
			t.Errorf("%s: %s", name, what)
		}
		if name == "open" || name == "compare-many" {
			if n, err := b.sheets(); err != nil || n < 2 || n > 25 {
				t.Errorf("%s is printed on %d pages, %v", name, n, err)
			}
		}
	}
	t.Run("damaged", func(t *testing.T) { damagedPages(t, b, all["compare-one"]) })
}

// damagedPages shows that each kind of fault is seen.
func damagedPages(t *testing.T, b *browser, sound shownPage) {
	light, dark := view{phone, "light", "screen"}, view{desk, "dark", "screen"}
	add := func(html string) func(string) string {
		return func(page string) string { return strings.Replace(page, "</main>", html+"</main>", 1) }
	}
	swap := func(old, new string) func(string) string {
		return func(page string) string { return strings.ReplaceAll(page, old, new) }
	}
	for _, row := range []struct {
		want   string
		damage func(string) string
		views  []view
	}{
		{"img is broken", add(`<img alt="" src="data:image/png;base64,AAAA">`), []view{light}},
		{"request of http://127.0.0.1:9/x.png", add(`<img alt="" src="http://127.0.0.1:9/x.png">`), []view{light}},
		{"request of file:///x.css", add(`<link rel="stylesheet" href="/x.css">`), []view{light}},
		{"log: error", add(`<link rel="stylesheet" href="http://127.0.0.1:9/x.css">`), []view{light}},
		{"console: error", add(`<script>console.error("no")</script>`), []view{light}},
		{"exception: Uncaught", add(`<script>throw new Error("no")</script>`), []view{light}},
		{"the page is 2", add(`<div style="width: 2000px">wide</div>`), []view{dark}},
		{"lies outside of the window", add(`<p style="position: fixed; left: 300px; width: 200px">wide</p>`), []view{light}},
		{"table.stack is ", add(`<div class="scroll"><table class="stack"><tr><td><div style="width: 600px">x</div></td></tr></table></div>`), []view{light}},
		{"shows 0 pictures", swap("<svg ", `<svg style="display: none" `), []view{light}},
		{"shows 2 pictures", swap("figure .small { display: none; }", ""), []view{dark}},
		{"the picture of figure#paired.card is ", swap("<svg ", `<svg style="height: 0" `), []view{light}},
		{"is empty", swap("<path ", "<g "), []view{light}},
		{"has no name for who cannot see it", swap(`role="img"`, ""), []view{light}},
		{"sticks out of figure#percentiles.card", swap(`<text x="`, `<text x="9`), []view{dark}},
		{`"aa" and "bb" touch`, swap("</svg>", `<text x="90" y="90">aa</text><text x="92" y="90">bb</text></svg>`), []view{light}},
		{"2 pictures, want 3", func(page string) string { return page }, []view{light}},
		{"has a contrast of", swap("--muted: #5b6571", "--muted: #8b8b8b"), []view{light}},
		{"has a contrast of", swap("--muted: #a3adb8", "--muted: #63696f"), []view{dark}},
		{"is 8 px large", add(`<p style="font-size: 8px">small</p>`), []view{light}},
		{"same background", swap("prefers-color-scheme: dark", "prefers-color-scheme: gloomy"), []view{light, dark}},
		{"print: h2", swap("@media screen and", "@media"), []view{onPaper}},
		{"follows a heading of level", swap("h3>", "h5>"), []view{light}},
		{"there is not one h1", add("<h1>again</h1>"), []view{light}},
		{"an id is there twice", add(`<p id="paired"></p>`), []view{light}},
		{"no language or no title", swap(` lang="en"`, ""), []view{light}},
		{"texts are seen", func(string) string { return "<p>lost</p>" }, []view{light}},
	} {
		figures := sound.figures
		if strings.HasSuffix(row.want, "want 3") {
			figures++
		}
		wrong, err := b.inspect(shownPage{html: row.damage(sound.html)}.put(t, "damaged"), figures, row.views...)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(wrong, "\n"), row.want) {
			t.Errorf("not seen: %s; but %q", row.want, wrong)
		}
	}
}
