package report

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// pictureDPI makes a wide PNG 1,440 dots across.
const pictureDPI = 144

// A picture is drawn once for every form it is written in.
type picture struct {
	// name is the file's name without its ending.
	name, title string
	// conditions names what was measured, where the picture stands alone.
	conditions string
	// caption says in a sentence or two how to read the picture.
	caption string
	// height is the height in points, without the title.
	height vg.Length
	panels []panel
}

// pictures returns the pictures of a summary; none has an empty axis.
func pictures(s *Summary) []picture {
	if s.series == nil || s.timeless() {
		return nil
	}
	var all []picture
	for _, draw := range []func(*Summary) (picture, bool){latencyPicture, timelinePicture, stockPicture, bookPicture, rankPicture} {
		if p, ok := draw(s); ok {
			p.conditions = conditions(s)
			all = append(all, p)
		}
	}
	return all
}

// conditions says in a line what a picture shows: no figure without it.
func conditions(s *Summary) string {
	server := s.serverName()
	if s.Head.Server.Kind == "embedded" {
		server = "the embedded server, which is not Redis"
	}
	return Plain(fmt.Sprintf("%s · %s on %s · %s · attempts: %s · seed %d",
		s.Head.Name, s.Head.Script.Name, server, s.Head.Model, thousands(s.Attempts), s.Head.Seed))
}

// writePlots writes pictures as NAME.png and NAME.svg into a folder. One that
// cannot be written does not keep the others from it.
func writePlots(dir string, all []picture) (failed []error) {
	for _, p := range all {
		for ending, drawn := range map[string]func() ([]byte, error){".png": p.png, ".svg": p.svg} {
			failed = append(failed, writeInto(filepath.Join(dir, p.name+ending), func(w io.Writer) error {
				file, err := drawn()
				if err != nil {
					return err
				}
				_, err = w.Write(file)
				return err
			}))
		}
	}
	return failed
}

// png is the picture as a file: wide and titled.
func (p *picture) png() ([]byte, error) {
	c := vgimg.NewWith(vgimg.UseWH(wide, p.height+titleHeight), vgimg.UseDPI(pictureDPI))
	p.drawTitled(draw.New(c))
	var buf bytes.Buffer
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(&buf)
	return buf.Bytes(), err
}

// svg is the picture as a file of its own: wide and titled, on white.
func (p *picture) svg() ([]byte, error) {
	c := vgsvg.New(wide, p.height+titleHeight)
	p.drawTitled(draw.New(c))
	var buf bytes.Buffer
	_, err := c.WriteTo(&buf)
	return []byte(fontFallback(buf.String())), err
}

// inline is the picture as a part of a page: it fills the width it is given,
// takes its colours from the page's style sheet, and leaves the title to it.
func (p *picture) inline(width vg.Length) (string, error) {
	c := vgsvg.New(width, p.height)
	p.draw(draw.New(c))
	var buf bytes.Buffer
	if _, err := c.WriteTo(&buf); err != nil {
		return "", err
	}
	svg := buf.String()
	_, body, found := strings.Cut(svg[strings.Index(svg, "<svg"):], ">")
	if !found {
		return "", fmt.Errorf("drawing %s: not an SVG", p.name)
	}
	head := fmt.Sprintf(`<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, width.Points(), p.height.Points(), html.EscapeString(p.title))
	return head + paintNames().Replace(fontFallback(body)), nil
}

// fontFallback names the fonts that stand in for Liberation Sans, with the
// same widths, where it is not installed.
func fontFallback(svg string) string {
	return strings.ReplaceAll(svg, "font-family:Liberation Sans;", "font-family:'Liberation Sans',Arial,Helvetica,sans-serif;")
}

// paintNames replaces the colours of an SVG by the page's variables.
func paintNames() *strings.Replacer {
	var pairs []string
	for _, p := range paints {
		pairs = append(pairs, fmt.Sprintf("#%02X%02X%02X", p.R, p.G, p.B), "var(--"+p.name+")")
	}
	return strings.NewReplacer(pairs...)
}
