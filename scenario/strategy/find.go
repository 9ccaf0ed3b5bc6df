package strategy

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/lua"
	"github.com/seckill-bench/seckill/scenario/contract"
)

// Find returns the strategy that a user names: a built-in, or the path of a
// .lua file. Its contract is the .yaml beside it, or contractFile where that
// is not empty. Errors are one line.
func Find(script, contractFile string) (Strategy, error) {
	builtIn := slices.Contains(Names(), script)
	switch {
	case builtIn && contractFile == "":
		c, err := contract.Load(lua.Files, script+".yaml")
		return made(c, err, "")
	case builtIn:
		source, err := lua.Files.ReadFile(script + ".lua")
		if err != nil {
			return Strategy{}, err
		}
		return underContract(contractFile, script+".lua", source)
	case filepath.Ext(script) != ".lua":
		return Strategy{}, fmt.Errorf("unknown script %q; known: %s, or the path of a .lua file", script, strings.Join(Names(), ", "))
	}
	return fromFile(script, contractFile)
}

// Names returns the names of the built-in strategies, sorted.
func Names() []string {
	files, _ := fs.Glob(lua.Files, "*.yaml") // the pattern is well formed
	for i, file := range files {
		files[i] = strings.TrimSuffix(file, ".yaml")
	}
	return files
}

// BuiltIn returns the built-in strategies, sorted by name.
func BuiltIn() ([]Strategy, error) {
	var all []Strategy
	for _, name := range Names() {
		s, err := Find(name, "")
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// fromFile returns the strategy of a script on disk.
func fromFile(script, contractFile string) (Strategy, error) {
	source, err := contract.ReadScript(os.DirFS(cmp.Or(filepath.Dir(script), ".")), filepath.Base(script))
	if err != nil {
		return Strategy{}, fmt.Errorf("script %s: %w", script, reason(err))
	}
	if contractFile != "" {
		return underContract(contractFile, script, source)
	}
	dir, name := filepath.Split(script)
	beside := strings.TrimSuffix(name, ".lua") + ".yaml"
	if _, err := os.Stat(filepath.Join(dir, beside)); err != nil {
		return Strategy{}, fmt.Errorf("script %s has no contract: %s: %w; give one with --contract", script, filepath.Join(dir, beside), reason(err))
	}
	c, err := contract.Load(os.DirFS(cmp.Or(dir, ".")), beside)
	if err == nil && c.Script != name {
		return Strategy{}, fmt.Errorf("%s is the contract of %s, not of %s; give one with --contract", filepath.Join(dir, beside), c.Script, name)
	}
	return made(c, err, dir)
}

// underContract returns the strategy of a script under the contract in a file,
// whichever script that names.
func underContract(contractFile, script string, source []byte) (Strategy, error) {
	dir, name := filepath.Split(contractFile)
	c, err := contract.LoadFor(os.DirFS(cmp.Or(dir, ".")), name, script, source)
	return made(c, err, dir)
}

// made returns the strategy of a contract. An error about the contract names
// its file as the user did.
func made(c *contract.Contract, err error, dir string) (Strategy, error) {
	if wrong := (*contract.Error)(nil); errors.As(err, &wrong) {
		wrong.File = filepath.Join(dir, wrong.File)
	}
	if err != nil {
		return Strategy{}, err
	}
	return Script(c), nil
}

// reason leaves the name of the file out of an error about it.
func reason(err error) error {
	if wrong := (*fs.PathError)(nil); errors.As(err, &wrong) {
		return wrong.Err
	}
	return err
}
