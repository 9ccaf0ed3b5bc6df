package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"
	"github.com/posener/complete"

	"github.com/seckill-bench/seckill/scenario"
	"github.com/seckill-bench/seckill/scenario/fault"
	"github.com/seckill-bench/seckill/scenario/strategy"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// shells hold what each shell is told: to run this program for what could come
// next, with the line so far in COMP_LINE.
var shells = map[string]string{
	"bash": "complete -o default -o bashdefault -C %q seckill\n",
	"zsh":  "autoload -U +X bashcompinit && bashcompinit\ncomplete -o default -o bashdefault -C %q seckill\n",
	"fish": `function __complete_seckill
    set -lx COMP_LINE (commandline -cp)
    test -z (commandline -ct)
    and set COMP_LINE "$COMP_LINE "
    %q
end
complete -c seckill -a "(__complete_seckill)"
`,
}

// Run prints what the shell has to read.
func (c *completionCmd) Run(app *app) (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, fmt.Errorf("completion: where this program is, is not known: %w", err)
	}
	fmt.Fprintf(app.stdout, shells[c.Shell], self)
	return 0, nil
}

// completes answers a shell that asks what could come next; false: none did.
func completes(parser *kong.Kong, app *app) (asked bool) {
	kongcompletion.Register(parser, kongcompletion.WithPredictors(predictors()),
		kongcompletion.WithExitFunc(func(int) { asked = true }),
		kongcompletion.WithErrorHandler(app.tell))
	return asked
}

// predictors say what the values of flags and arguments can be, by the name that
// their tags have for it.
func predictors() map[string]complete.Predictor {
	return map[string]complete.Predictor{
		"script":   complete.PredictOr(complete.PredictSet(strategy.Names()...), complete.PredictFiles("*.lua")),
		"scenario": complete.PredictOr(complete.PredictSet(scenario.Names()...), complete.PredictFiles("*.yaml")),
		"contract": complete.PredictFiles("*.yaml"),
		"server":   complete.PredictOr(complete.PredictSet("auto", "embedded", "redis-server", "valkey-server", "redis://127.0.0.1:6379"), complete.PredictFiles("*")),
		"topology": complete.PredictSet("standalone", "replicas:2", "cluster:3", "masters:2"),
		"arrivals": complete.PredictSet("burst", "closed:64", "poisson:1000/s", "constant:1000/s", "ramp:0/s..1000/s*10s"),
		"conns":    complete.PredictSet("pool:64", "dedicated", "pipelined"),
		"report":   complete.PredictSet("min", "full"),
		"orders":   complete.PredictOr(complete.PredictSet("sqlite", "postgres://"), complete.PredictFiles("*")),
		"fault":    complete.PredictSet(slices.Sorted(slices.Values(fault.Kinds()))...),
		"file":     complete.PredictFiles("*"),
		"dir":      complete.PredictDirs("*"),
	}
}
