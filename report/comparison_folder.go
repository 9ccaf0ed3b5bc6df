package report

import "io"

// WriteComparisonText writes what the rounds say for a terminal.
func WriteComparisonText(w io.Writer, c *Comparison) error { panic("skeleton") }

// WriteComparisonMarkdown writes the same as Markdown.
func WriteComparisonMarkdown(w io.Writer, c *Comparison) error { panic("skeleton") }

// WriteComparisonFolder writes result.json, compare.html, compare.md, bench.txt,
// junit.xml and the pictures into a folder.
func WriteComparisonFolder(dir string, c *Comparison) error { panic("skeleton") }
