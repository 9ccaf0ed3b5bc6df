package main

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/seckill-bench/seckill/report"
	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/check"
	"github.com/seckill-bench/seckill/scenario/probe"
	"github.com/seckill-bench/seckill/scenario/server"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

// A variant is one of the ways that are compared, ready to be run.
type variant struct {
	name, folder string
	changes      []report.Change
	// spec is what it runs, filled what its strategy makes of it.
	spec, filled scenario.Spec
	strategy     strategy.Strategy
}

// prepare checks all that can be checked of variants before the first is run.
func prepare(list scenario.Variants, base scenario.Spec, primary string) (all []*variant, err error) {
	taken := map[string]bool{}
	for i := range list {
		v := &variant{name: list[i].Name, spec: list[i].Over(base)}
		if err := v.prepare(); err != nil {
			return nil, fmt.Errorf("variant %s: %w", v.name, err)
		}
		if v.changes, err = changes(&list[i]); err != nil {
			return nil, err
		}
		v.folder = unlikeName(folderName(v.name), taken)
		all = append(all, v)
		if limit := *v.filled.Limit; v.spec.Limit == nil && limit != *all[0].filled.Limit {
			v.changes = append(v.changes, report.Change{Name: "limit", Value: fmt.Sprintf("%d (of its contract)", limit)})
		}
	}
	objectives, err := report.ParseObjectives(all[0].spec.SLO, string(all[0].spec.Arrivals.Model))
	if err != nil {
		return nil, err
	}
	if all[0].spec.Arrivals.Admit > 0 && primary == "" {
		return nil, errors.New("buyers behind a waiting room are let in at its rate, and that is what any variant sells: name what decides (--primary service.p99)")
	}
	return all, report.CheckPrimary(primary, string(all[0].spec.Arrivals.Model), objectives)
}

func (v *variant) prepare() (err error) {
	if v.strategy, err = strategy.Find(v.spec.Script, v.spec.Contract); err != nil {
		return err
	}
	if v.filled, err = v.spec.Filled(v.strategy); err != nil {
		return err
	}
	if err := checkObjectives(&v.spec); err != nil {
		return err
	}
	if _, err := check.ParseExpect(v.spec.Expect); err != nil {
		return fmt.Errorf("--expect: %w", err)
	}
	if _, err := v.spec.Settings(); err != nil {
		return err
	}
	return canStart(v.spec.Server)
}

// canStart returns an error if a server is a binary that is not there.
func canStart(name string) error {
	if name == "auto" || name == server.Embedded || strings.Contains(name, "://") {
		return nil
	}
	_, err := exec.LookPath(name)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, exec.ErrNotFound) && filepath.Base(name) == name:
		return fmt.Errorf("server %q is not on PATH: install the package that has it (of Debian %s), or name another server", name, packageOf(name))
	}
	return fmt.Errorf("server %q cannot be run: %w", name, errors.Unwrap(err))
}

// packageOf is the package of Debian with a server.
func packageOf(binary string) string {
	if strings.HasPrefix(binary, "valkey") {
		return "valkey-server"
	}
	return "redis-server"
}

// changes are the fields that a variant sets.
func changes(v *scenario.Variant) (all []report.Change, err error) {
	values, err := valuesIn(v.Values)
	for _, key := range v.Keys {
		all = append(all, report.Change{Name: key, Value: values[key]})
	}
	return all, err
}

// valuesIn are the values of a spec by the keys of their fields.
func valuesIn(spec scenario.Spec) (map[string]string, error) {
	fields, err := spec.Fields()
	values := make(map[string]string, len(fields))
	for _, field := range fields {
		values[field.Key] = field.Value
	}
	return values, err
}

var unfit = regexp.MustCompile(`[^A-Za-z0-9._=,:+-]+`)

// maxFolder is as long as the name of a folder gets.
const maxFolder = 60

// folderName is a name that every file system takes.
func folderName(name string) string {
	name = strings.Trim(unfit.ReplaceAllString(strings.ReplaceAll(name, ":", "-"), "-"), "-.")
	if len(name) > maxFolder {
		name = name[:maxFolder]
	}
	if name == "" {
		return "variant"
	}
	return name
}

// commandOf is the command line that runs a spec alone.
func commandOf(spec scenario.Spec) (string, error) {
	usual, err := parseFlags(nil)
	if err != nil {
		return "", err
	}
	usually, err := valuesIn(usual)
	if err != nil {
		return "", err
	}
	spec.Out, spec.Replace, spec.Report = "", false, ""
	fields, err := spec.Fields()
	if err != nil {
		return "", err
	}
	words := []string{"seckill", "run"}
	for _, field := range fields {
		flag := "--" + strings.ReplaceAll(field.Key, "_", "-")
		switch {
		case field.Value == usually[field.Key] || field.Value == "" || field.Key == "faults" || field.Key == "expect":
		case field.Value == "true":
			words = append(words, flag)
		default:
			words = append(words, flag, probe.Quote(field.Value))
		}
	}
	for _, f := range spec.Faults {
		words = append(words, "--fault", probe.Quote(f.String()))
	}
	if len(spec.Expect) > 0 {
		words = append(words, "--expect", probe.Quote(strings.Join(spec.Expect, ",")))
	}
	return strings.Join(words, " "), nil
}
