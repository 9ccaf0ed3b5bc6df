package report

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// inspection is the function that a page is inspected by.
//
//go:embed testdata/inspect.js
var inspection string

// Widths of windows, in pixels.
const (
	phone = 390
	desk  = 1280
)

// A browser is one tab of a headless Chromium.
type browser struct {
	ctx context.Context

	mu sync.Mutex
	// page is the address of the page that is shown, noise what it did since it was
	// opened that a page should not do.
	page  string
	noise []string
}

// newBrowser starts a browser that ends with the test. Without Chromium the test
// is skipped, but not in CI.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("no Chromium on PATH")
		}
		t.Skip("no Chromium on PATH")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU)
	within, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	allocator, end := chromedp.NewExecAllocator(within, options...)
	t.Cleanup(end)
	ctx, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(closeTab)
	b := &browser{ctx: ctx}
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.Request.URL != b.page {
			b.noise = append(b.noise, "request of "+e.Request.URL)
		}
	case *runtime.EventExceptionThrown:
		b.noise = append(b.noise, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.noise = append(b.noise, fmt.Sprintf("console: %s", e.Type))
	case *log.EventEntryAdded:
		b.noise = append(b.noise, fmt.Sprintf("log: %s: %s", e.Entry.Level, e.Entry.Text))
	}
}

// open shows a page that is one file.
func (b *browser) open(path string) error {
	b.mu.Lock()
	b.page, b.noise = "file://"+path, nil
	b.mu.Unlock()
	return chromedp.Do(b.ctx, chromedp.Navigate("file://"+path))
}

// seen is what an inspection found.
type seen struct {
	Wrong          []string
	Figures, Texts int
	Background     string
}

// look inspects the page in a view.
func (b *browser) look(v view) (found seen, err error) {
	_, err = chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: v.width, Height: 800, DeviceScaleFactor: 1, Mobile: v.width == phone})
	if err != nil {
		return found, err
	}
	_, err = chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: v.medium, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: v.scheme}},
	})
	if err != nil {
		return found, err
	}
	return chromedp.Run(b.ctx, chromedp.Evaluate[seen](fmt.Sprintf("(%s)(%t)", inspection, v.medium == "print")))
}

// A view is a way to look at a page: a scheme is light or dark, a medium screen or
// print.
type view struct {
	width          int64
	scheme, medium string
}

// onPaper is how a page is printed by who prefers dark screens.
var onPaper = view{720, "dark", "print"}

var allViews = []view{{phone, "light", "screen"}, {phone, "dark", "screen"}, {desk, "light", "screen"}, {desk, "dark", "screen"}, onPaper}

// inspect opens a page with so many pictures, looks at it, and returns everything
// that is wrong with it.
func (b *browser) inspect(path string, figures int, views ...view) (wrong []string, err error) {
	if err := b.open(path); err != nil {
		return nil, err
	}
	backgrounds := map[string]string{}
	for _, view := range views {
		found, err := b.look(view)
		if err != nil {
			return wrong, err
		}
		if found.Figures != figures {
			found.Wrong = append(found.Wrong, fmt.Sprintf("%d pictures, want %d", found.Figures, figures))
		}
		if found.Texts < 20 {
			found.Wrong = append(found.Wrong, fmt.Sprintf("%d texts are seen", found.Texts))
		}
		for _, what := range found.Wrong {
			wrong = append(wrong, fmt.Sprintf("%d px, %s, %s: %s", view.width, view.scheme, view.medium, what))
		}
		if view.medium == "screen" {
			backgrounds[view.scheme] = found.Background
		}
		if err := b.shoot(path, view); err != nil {
			return wrong, err
		}
	}
	if len(backgrounds) == 2 && backgrounds["light"] == backgrounds["dark"] {
		wrong = append(wrong, "light and dark have the same background "+backgrounds["light"])
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return append(wrong, b.noise...), nil
}

// sheets is how many pages of paper the page takes that is shown.
func (b *browser) sheets() (int, error) {
	file, err := chromedp.Run(b.ctx, chromedp.PrintToPDF())
	return strings.Count(string(file), "/Type /Page\n"), err
}

// shoot keeps a picture of the page beside it, with -samples.
func (b *browser) shoot(page string, v view) error {
	if *samples == "" {
		return nil
	}
	image, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		return err
	}
	return os.WriteFile(fmt.Sprintf("%s-%d-%s-%s.png", strings.TrimSuffix(page, filepath.Ext(page)), v.width, v.scheme, v.medium), image, 0o644)
}
