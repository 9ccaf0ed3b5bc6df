package report

import (
	"cmp"
	"io"
	"path/filepath"
)

// WriteCollectionFolder writes result.json, junit.xml and summary.md of a
// collection into an existing results folder, in place of earlier ones.
func WriteCollectionFolder(dir string, c *Collection) error {
	return cmp.Or(
		writeInto(filepath.Join(dir, "result.json"), func(w io.Writer) error { return WriteCollectionJSON(w, c) }),
		writeInto(filepath.Join(dir, "summary.md"), func(w io.Writer) error { return WriteCollectionMarkdown(w, c) }),
		WriteJUnitFile(dir, []*Collection{c}),
	)
}

// WriteJUnitFile writes junit.xml of several collections into a folder.
func WriteJUnitFile(dir string, all []*Collection) error {
	return writeInto(filepath.Join(dir, "junit.xml"), func(w io.Writer) error { return WriteCollectionsJUnit(w, all) })
}
