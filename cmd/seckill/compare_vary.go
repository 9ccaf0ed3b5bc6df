package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/seckill-bench/seckill/scenario"
)

// varied are the variants that --vary names: of several, every value with every
// other.
func varied(flags []string) (scenario.Variants, error) {
	list := scenario.Variants{{}}
	taken := map[string]bool{}
	for _, flag := range flags {
		values, err := variedKey(flag, len(flags) > 1)
		if err != nil {
			return nil, fmt.Errorf("--vary %s: %w", flag, err)
		}
		if key := values[0].Keys[0]; taken[key] {
			return nil, fmt.Errorf("--vary %s: %s is there already", flag, key)
		}
		taken[values[0].Keys[0]] = true
		list = cross(list, values)
		if err := list.Check(); err != nil {
			return nil, fmt.Errorf("--vary: %w", err)
		}
	}
	unlikeNames(list)
	return list, nil
}

// variedKey are the variants of one flag: KEY=A,B, or KEY=A|B where a value
// holds commas. With the key in their names, if there are others.
func variedKey(flag string, named bool) (list scenario.Variants, err error) {
	key, text, found := strings.Cut(flag, "=")
	if !found || key == "" {
		return nil, errors.New("want KEY=A,B, as in script=once,limited")
	}
	name := strings.ReplaceAll(key, "_", "-")
	field := strings.ReplaceAll(key, "-", "_")
	if field == "fault" { // the flag adds to a list
		field = "faults"
	}
	if name == "faults" {
		name = "fault"
	}
	if err := scenario.CheckVaries(field); err != nil {
		return nil, err
	}
	separator := ","
	if strings.Contains(text, "|") {
		separator = "|"
	}
	values := strings.Split(text, separator)
	if len(values) < 2 {
		return nil, fmt.Errorf("want two values or more, as in %s=A%sB", key, separator)
	}
	for _, value := range values {
		if value == "" {
			return nil, errors.New("a value is empty; a list of variants in a scenario file can set a field to nothing")
		}
		spec, err := parseFlags([]string{"--" + name + "=" + value})
		if err != nil {
			return nil, err
		}
		v := scenario.Variant{Name: scenario.WithoutPassword(value), Keys: []string{field}, Values: spec}
		if named {
			v.Name = name + "=" + v.Name
		}
		list = append(list, v)
	}
	return list, nil
}

// cross is every variant of one list with every one of another.
func cross(list, values scenario.Variants) (all scenario.Variants) {
	for _, a := range list {
		for _, b := range values {
			both := b
			if len(a.Keys) > 0 {
				both = scenario.Variant{Name: a.Name + " " + b.Name, Values: b.Over(a.Values)}
				both.Keys = append(append(both.Keys, a.Keys...), b.Keys...)
			}
			all = append(all, both)
		}
	}
	return all
}

// unlikeNames numbers the variants that have the name of an earlier one: what is
// compared with itself shows how much runs differ that are the same.
func unlikeNames(list scenario.Variants) {
	taken := map[string]bool{}
	for i := range list {
		list[i].Name = unlikeName(list[i].Name, taken)
	}
}

// unlikeName is a name that is not taken, and takes it.
func unlikeName(name string, taken map[string]bool) string {
	free := name
	for n := 2; taken[free]; n++ {
		free = fmt.Sprintf("%s-%d", name, n)
	}
	taken[free] = true
	return free
}

// namesOf are the names of variants in a sentence.
func namesOf(list scenario.Variants) string {
	names := make([]string, len(list))
	for i := range list {
		names[i] = list[i].Name
	}
	return strings.Join(names, ", ")
}
