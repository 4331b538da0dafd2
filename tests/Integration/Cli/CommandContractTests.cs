using Quorate.Tests.Integration.Models;

namespace Quorate.Tests.Integration.Cli;

/// <summary>What scripts rely on: exit codes, one JSON document, errors that name what is wrong.</summary>
public class CommandContractTests
{
    private static readonly string FiveAgents = Path.Combine(QuorateCli.Root, "lab/clusters/five-agents.json");
    private static readonly string Jobs = Path.Combine(QuorateCli.Root, "lab/workloads/jobs-30.json");
    private static readonly string Compose = Path.Combine(QuorateCli.Root, "lab/shop/compose.yml");

    [Theory]
    [InlineData("demo")]
    [InlineData("auction")]
    [InlineData("bench auction")]
    [InlineData("triage")]
    [InlineData("plan validate")]
    [InlineData("plan run")]
    [InlineData("plan resume")]
    [InlineData("site up")]
    [InlineData("site down")]
    [InlineData("site status")]
    [InlineData("fault list")]
    [InlineData("fault inject")]
    [InlineData("fault revert")]
    [InlineData("ledger show")]
    [InlineData("ledger search")]
    [InlineData("ledger verify")]
    [InlineData("ledger export")]
    [InlineData("keys list")]
    [InlineData("messages list")]
    [InlineData("messages redrive")]
    [InlineData("simulate")]
    [InlineData("workload generate")]
    [InlineData("workload replay")]
    [InlineData("bench workload")]
    [InlineData("certificate verify")]
    [InlineData("keys rotate")]
    [InlineData("keys generate")]
    [InlineData("models")]
    [InlineData("doctor")]
    [InlineData("bench ledger")]
    [InlineData("bench scheduler")]
    [InlineData("bench assignment")]
    [InlineData("organise")]
    [InlineData("place")]
    [InlineData("completion")]
    public async Task Help_EveryCommand_EndsWithAnExample(string command)
    {
        using var cli = new QuorateCli();
        var result = await cli.RunAsync(TestContext.Current.CancellationToken, [.. command.Split(' '), "--help"]);
        Assert.Equal(0, result.Code);
        Assert.Contains("Example", result.Stdout, StringComparison.Ordinal);
        Assert.Contains("quorate " + command.Split(' ')[0], result.Stdout, StringComparison.Ordinal);
    }

    public static TheoryData<string[], int, string> WrongInputs => new()
    {
        { ["workload", "replay", "/nowhere/trace.swf", "--cluster", FiveAgents], 2, "trace_unreadable" },
        { ["workload", "replay", "/", "--cluster", FiveAgents], 2, "trace_unreadable" },
        { ["workload", "replay", "/dev/null", "--cluster", FiveAgents], 2, "trace_empty" },
        { ["workload", "generate", "--cluster", "/nowhere/cluster.json", "--output", "/dev/null"], 2, "cluster_file" },
        { ["workload", "generate", "--jobs", "0"], 2, "usage" },
        { ["workload", "generate", "--load", "NaN"], 2, "usage" },
        { ["workload", "generate", "--load", "0,7"], 2, "usage" },
        { ["workload", "generate", "--seed", "-1"], 2, "usage" },
        { ["workload", "generate", "--output", ""], 2, "usage" },
        { ["workload", "generate", "--jobs", "1", "--output", "/tmp"], 3, "output_unwritable" },
        { ["workload", "replay", "/nowhere/trace.swf", "--policies", "fifo,fifo"], 2, "policy_twice" },
        { ["workload", "replay", "/nowhere/trace.swf", "--policies", "best"], 2, "policy_unknown" },
        { ["workload", "replay", "/nowhere/trace.swf"], 2, "trace_unreadable" },
        { ["workload", "replay", "", "--cluster", FiveAgents], 2, "trace_unreadable" },
        { ["bench", "auction", "--seed", "-1"], 2, "usage" },
        { ["bench", "consensus", "--clients", "1,many"], 2, "usage" },
        { ["place", Jobs, "--cluster", "/nowhere/cluster.json"], 2, "cluster_file" },
        { ["place", "", "--cluster", FiveAgents], 2, "job_file" },
        { ["place", Jobs, "--cluster", FiveAgents, "--timeout", "0,5"], 2, "usage" },
        { ["place", Jobs, "--cluster", FiveAgents, "--batch", "0"], 2, "usage" },
        { ["place", Jobs, "--cluster", FiveAgents, "--seed", "-1"], 2, "usage" },
        { ["place", Jobs, "--cluster", FiveAgents, "--certificates", ""], 2, "usage" },
        { ["place", Jobs, "--cluster", FiveAgents, "--certificates", FiveAgents], 3, "certificate_unwritable" },
        { ["place", Jobs, "--cluster", FiveAgents, "--fault", "x"], 2, "usage" },
        { ["place", Jobs, Jobs, "--cluster", FiveAgents, "--protocol", "auction"], 2, "job_twice" },
        { ["place", Jobs, "--cluster", FiveAgents, "--model", "nobody"], 2, "model_unknown" },
        { ["triage"], 2, "usage" },
        { ["triage", "x"], 2, "usage" },
        { ["nonsense"], 2, "usage" },
        { ["auction", Compose], 2, "usage" },
        { ["auction", "/nowhere/task.json", "--agents", Compose], 2, "auction_task_file" },
        { ["auction", Compose, "--agents", Compose], 2, "auction_task_invalid" },
        { ["triage", "", "--site", Compose], 2, "" },
        { ["triage", "x", "--site", "/nowhere/compose.yml"], 2, "" },
        { ["triage", "x", "--site", Compose, "--planner", "oracle"], 2, "usage" },
        { ["site", "status", "--site", Compose, "--platform", "moon"], 2, "usage" },
        { ["fault", "inject", "no_such_fault", "--site", Compose], 2, "" },
        { ["fault", "inject", "crash", "--target", "nobody", "--site", Compose], 2, "" },
        { ["fault", "revert", "--site", Compose], 2, "usage" },
        { ["organise", "/nowhere/task.json"], 2, "usage" },
        { ["organise", "/nowhere/task.json", "--agents", "/nowhere/agents.json"], 2, "task_file" },
        { ["bench", "assignment", "--size", "0"], 2, "usage" },
        { ["plan", "validate", "/nowhere/plan.json", "--site", Compose], 2, "plan_file" },
        { ["plan", "validate", "/dev/zero", "--site", Compose], 2, "plan_file" },
        { ["plan", "validate", "/", "--site", Compose], 2, "plan_file" },
        { ["ledger", "show", "--limit", "0"], 2, "usage" },
        { ["ledger", "show", "--limit", "many"], 2, "usage" },
        { ["ledger", "export", "/dev/null"], 2, "export_exists" },
        { ["bench", "recovery", "--window", "long"], 2, "usage" },
        { ["doctor", "--home", ""], 2, "config_invalid" },
        { ["doctor", "--config", "/dev/zero"], 2, "config_invalid" },
        { ["ledger", "verify", "/nowhere/export.jsonl"], 2, "" },
        { ["simulate", "--seeds", "9..3"], 2, "seeds_wrong" },
        { ["simulate", "--seeds", "-1..3"], 2, "seeds_wrong" },
        { ["simulate", "--seeds", "1..2..3"], 2, "seeds_wrong" },
        { ["simulate", "--seeds", "1..99999999999"], 2, "seeds_wrong" },
        { ["simulate", "--seed", "1..3"], 2, "seeds_wrong" },
        { ["simulate", "--seed", "1", "--seeds", "1..2"], 2, "seeds_wrong" },
        { ["simulate", "--replicas", "3"], 2, "usage" },
        { ["simulate", "--replicas", "32"], 2, "usage" },
        { ["simulate", "--replicas", "four"], 2, "usage" },
        { ["simulate", "--faults", "gremlins"], 2, "name_unknown" },
        { ["simulate", "--planted", "none"], 2, "name_unknown" },
        { ["simulate", "--seeds", "1..2", "--transcript"], 2, "transcript_of_many" },
        { ["certificate", "verify"], 2, "usage" },
        { ["certificate", "verify", "/nowhere/decision.cert"], 2, "group_missing" },
        { ["certificate", "verify", Compose, "--keys", "/nowhere"], 2, "group_missing" },
        { ["keys", "generate"], 2, "usage" },
        { ["keys", "generate", "--peers", "/nowhere/peers.json"], 2, "peers_missing" },
        { ["keys", "list", "--peers", Compose], 2, "peers_invalid" },
        { ["doctor", "--config", "/nowhere/quorate.json"], 2, "config_missing" },
    };

    [Theory]
    [MemberData(nameof(WrongInputs))]
    public async Task WrongInput_Json_OneErrorDocumentAndExitCode(string[] args, int code, string errorCode)
    {
        using var cli = new QuorateCli();
        var (exit, document) = await cli.JsonAsync(TestContext.Current.CancellationToken, args);
        Assert.Equal(code, exit);
        var error = document.GetProperty("error");
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        Assert.NotEmpty(error.GetProperty("hint").GetString()!);
        Assert.DoesNotContain("System.", error.ToString(), StringComparison.Ordinal);
        if (errorCode.Length > 0)
        {
            Assert.Equal(errorCode, error.GetProperty("code").GetString());
        }
    }

    [Fact]
    public async Task Configuration_SeveralMistakes_AllReportedAtOnce()
    {
        using var cli = new QuorateCli();
        var file = Path.Combine(cli.Home, "bad.json");
        await File.WriteAllTextAsync(file, """{"planner":{"temperature":9,"timeout_s":0},"triage":{"max_versions":99}}""", TestContext.Current.CancellationToken);
        var (code, document) = await cli.JsonAsync(TestContext.Current.CancellationToken, "doctor", "--config", file);
        Assert.Equal(2, code);
        var message = document.GetProperty("error").GetProperty("message").GetString()!;
        Assert.Contains("planner.temperature", message, StringComparison.Ordinal);
        Assert.Contains("planner.timeout_s", message, StringComparison.Ordinal);
        Assert.Contains("triage.max_versions", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"planner": 5}""", "planner is '5'; an object is needed")]
    [InlineData("""{"home": {"a": 1}}""", "home needs a text")]
    [InlineData("""{"planner": {"temperature": "hot"}}""", "planner.temperature is 'hot'; a number is needed")]
    [InlineData("""{"planner": {"preset": "foo"}}""", "planner.preset is 'foo'; lmstudio, ")]
    [InlineData("""{"triage": {"max_versions": 1e99}}""", "triage.max_versions is '1e99'; a whole number is needed")]
    [InlineData("""{"triage": {"runbooks": "books"}}""", "triage.runbooks is 'books'; a list of texts is needed")]
    [InlineData("""{"triage": {"exec": {"flush": "redis-cli"}}}""", "triage.exec.flush is 'redis-cli'; a list of texts")]
    [InlineData("""{"triage": {"exec": {"flush": []}}}""", "triage.exec.flush")]
    [InlineData("""{"triage": {"exec": {"flush": ["a", {}]}}}""", "triage.exec.flush")]
    [InlineData("""{"triage": """, "")]
    [InlineData("", "")]
    public async Task Configuration_WrongForm_KeyValueAndWhatIsAllowed(string content, string expected)
    {
        using var cli = new QuorateCli();
        var file = Path.Combine(cli.Home, "bad.json");
        await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);
        var (code, document) = await cli.JsonAsync(TestContext.Current.CancellationToken, "doctor", "--config", file);
        Assert.Equal(2, code);
        Assert.Equal("config_invalid", document.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains(expected, document.GetProperty("error").GetProperty("message").GetString()!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("QUORATE_TRIAGE__TIMEOUT_S", "soon", "QUORATE_TRIAGE__TIMEOUT_S is 'soon'; a number is needed")]
    [InlineData("QUORATE_TRIAGE__TIMOUT_S", "9", "QUORATE_TRIAGE__TIMOUT_S is unknown")]
    [InlineData("QUORATE_PLANNER", "none", "QUORATE_PLANNER is 'none'; an object is needed")]
    [InlineData("QUORATE_TRIAGE__EXEC__FLUSH", "redis-cli", "QUORATE_TRIAGE__EXEC__FLUSH is 'redis-cli'")]
    [InlineData("QUORATE_HOME", " ", "home is ' '; a folder is needed")]
    public async Task Environment_WrongForm_NamesTheVariable(string variable, string value, string expected)
    {
        using var cli = new QuorateCli();
        cli.Environment[variable] = value;
        var (code, document) = await cli.JsonAsync(TestContext.Current.CancellationToken, "doctor");
        Assert.Equal(2, code);
        Assert.Contains(expected, document.GetProperty("error").GetProperty("message").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Configuration_DocumentedDefaults_AreAccepted()
    {
        var token = TestContext.Current.CancellationToken;
        using var cli = new QuorateCli();
        var documented = (await File.ReadAllTextAsync(Path.Combine(QuorateCli.Root, "docs/configuration.md"), token)).Split("```")[1]["json".Length..];
        var file = Path.Combine(cli.Home, "quorate.json");
        await File.WriteAllTextAsync(file, documented, token);
        var result = await cli.RunAsync(token, "completion", "bash", "--config", file);
        Assert.Equal(0, result.Code);
        var (code, answer) = await cli.JsonAsync(token, "models", "--config", file);
        Assert.True(code == 0, $"{answer}");
    }

    [Fact]
    public async Task Configuration_UnknownKey_NamedInTheError()
    {
        using var cli = new QuorateCli();
        var file = Path.Combine(cli.Home, "bad.json");
        await File.WriteAllTextAsync(file, """{"planer":{}}""", TestContext.Current.CancellationToken);
        var (code, document) = await cli.JsonAsync(TestContext.Current.CancellationToken, "doctor", "--config", file);
        Assert.Equal(2, code);
        Assert.Contains("planer", document.GetProperty("error").GetProperty("message").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Home_NotWritable_ExitThreeWithThePath()
    {
        using var cli = new QuorateCli();
        // A file where a folder should be stops root as well.
        var blocked = Path.Combine(cli.Home, "file");
        await File.WriteAllTextAsync(blocked, "", TestContext.Current.CancellationToken);
        var (code, document) = await cli.JsonAsync(TestContext.Current.CancellationToken, "ledger", "show", "--home", Path.Combine(blocked, "home"));
        Assert.Equal(3, code);
        Assert.Contains(blocked, document.GetProperty("error").GetProperty("message").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Completion_Suggest_OffersCommands()
    {
        using var cli = new QuorateCli();
        var result = await cli.RunAsync(TestContext.Current.CancellationToken, "[suggest:10]", "quorate tr");
        Assert.Contains("triage", result.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Docker_HostIsAnotherServer_ExitThreeAndNoDefect()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedModelServer.StartAsync(token);
        using var cli = new QuorateCli();
        cli.Environment["DOCKER_HOST"] = $"tcp://127.0.0.1:{server.Status(404, "no such page").Endpoint.Port}";
        var (code, document) = await cli.JsonAsync(token, "site", "status", "--site", Compose, "--platform", "docker");
        Assert.Equal((3, "platform_failed"), (code, document.GetProperty("error").GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Completion_BashScript_OffersOnlyWhatBeginsWithTheWord()
    {
        using var cli = new QuorateCli();
        var token = TestContext.Current.CancellationToken;
        const string asked = """
            quorate() { "$QUORATE_APP" "$@"; }
            source <(quorate completion bash)
            COMP_LINE="quorate si"; COMP_POINT=10; COMP_WORDS=(quorate si); COMP_CWORD=1
            _quorate; echo "${COMPREPLY[*]}"
            """;
        Assert.Equal(["simulate", "site"], (await cli.ShellAsync(asked, token)).Stdout.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Completion_Json_OneDocument()
    {
        using var cli = new QuorateCli();
        var (code, document) = await cli.JsonAsync(TestContext.Current.CancellationToken, "completion", "zsh");
        Assert.Equal(0, code);
        Assert.Contains("compdef", document.GetProperty("script").GetString()!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fault list")]
    [InlineData("fault list --json")]
    public async Task Output_DiskFull_ExitThreeAndSaidOnce(string command)
    {
        using var cli = new QuorateCli();
        var result = await cli.ShellAsync($"\"$QUORATE_APP\" {command} >/dev/full", TestContext.Current.CancellationToken);
        Assert.Equal(3, result.Code);
        Assert.Contains("the output cannot be written", result.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StandardStreams_Closed_TheLauncherOpensThemAgain()
    {
        using var cli = new QuorateCli();
        var token = TestContext.Current.CancellationToken;
        var launcher = Path.Combine(QuorateCli.Root, "quorate");
        Assert.Equal(2, (await cli.ShellAsync($"'{launcher}' triage - --site '{Compose}' <&-", token)).Code);
        Assert.Equal(0, (await cli.ShellAsync($"'{launcher}' fault list >&-", token)).Code);
        Assert.Equal(2, (await cli.ShellAsync($"'{launcher}' nonsense 2>&-", token)).Code);
    }

    [Fact]
    public async Task LedgerExport_FileExists_IsKept()
    {
        using var cli = new QuorateCli();
        var token = TestContext.Current.CancellationToken;
        var file = Path.Combine(cli.Home, "evidence.jsonl");
        Assert.Equal(0, (await cli.JsonAsync(token, "ledger", "export", file)).Code);
        var before = await File.ReadAllBytesAsync(file, token);
        Assert.Equal(2, (await cli.JsonAsync(token, "ledger", "export", file)).Code);
        Assert.Equal(before, await File.ReadAllBytesAsync(file, token));
    }

    [Fact]
    public async Task Keys_Rotate_OldLedgerStillVerifies()
    {
        using var cli = new QuorateCli();
        var token = TestContext.Current.CancellationToken;
        Assert.Equal(0, (await cli.JsonAsync(token, "keys", "rotate")).Code);
        var (_, list) = await cli.JsonAsync(token, "keys", "list");
        Assert.Equal(4, list.GetProperty("keys").GetArrayLength());
        var (code, verified) = await cli.JsonAsync(token, "ledger", "verify");
        Assert.Equal(0, code);
        Assert.True(verified.GetProperty("valid").GetBoolean());
    }
}
