package probe

import "fmt"

// knownGlobals holds the globals that a script finds. Source: script_lua.c of
// Redis 7.0 to 8, its lists of what is allowed, and the Lua API page of its
// documentation. A name that only some of these versions have is here as well.
var knownGlobals = map[string]bool{
	"redis": true, "cjson": true, "cmsgpack": true, "struct": true, "bit": true,
	"string": true, "table": true, "math": true, "coroutine": true,

	"_G": true, "_VERSION": true, "assert": true, "collectgarbage": true, "error": true, "gcinfo": true,
	"getmetatable": true, "ipairs": true, "load": true, "loadstring": true, "next": true, "pairs": true,
	"pcall": true, "rawequal": true, "rawget": true, "rawset": true, "select": true, "setmetatable": true,
	"tonumber": true, "tostring": true, "type": true, "unpack": true, "xpcall": true,

	"os":      true,                                    // from 7.2 on
	"server":  true,                                    // Valkey from 8 on
	"getfenv": true, "setfenv": true, "newproxy": true, // up to some patch of 7
}

// undeclaredGlobals warns of each name that is no local and no global of Redis,
// at its first place. A script that takes hold of the table of globals may find
// in it what this does not see, and is left alone.
func (s *script) undeclaredGlobals() []Warning {
	seen := map[string]bool{}
	var all []Warning
	for _, use := range s.globals {
		switch use.name {
		case "_G", "getfenv", "setfenv":
			return nil
		}
		if seen[use.name] || s.knows(use.name) && !use.assigns {
			continue
		}
		seen[use.name] = true
		all = append(all, Warning{Line: use.line, Class: UndeclaredGlobal, Text: s.aboutGlobal(use)})
	}
	return all
}

func (s *script) knows(name string) bool {
	if name == "KEYS" || name == "ARGV" {
		return !s.library
	}
	return knownGlobals[name]
}

func (s *script) aboutGlobal(use globalUse) string {
	switch {
	case use.assigns:
		return fmt.Sprintf("a script may not assign the global %s, and ends here with an error: declare it with local", use.name)
	case use.name == "print":
		return "Redis has no print from 7.0 on, and the script ends here with an error: write redis.log"
	case use.name == "KEYS" || use.name == "ARGV":
		return fmt.Sprintf("a library has no %s, and its function ends here with an error: take the two parameters that Redis hands to it", use.name)
	}
	return fmt.Sprintf("%s is no local and no global of Redis, and the script ends here with an error: correct the name, or declare it with local", use.name)
}
