using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Quorate.Contracts;
using Quorate.Contracts.Plans;
using Quorate.Engine.Triage.Planning;
using Quorate.Engine.Triage.Planning.Validation;

namespace Quorate.Tests.Unit.Planning;

public sealed class PlanValidatorTests
{
    /// <summary>JSON of a plan's tasks (of which each lacks what is usual), and what the one reason must hold.</summary>
    public static TheoryData<string, string[]> Wrongs => new()
    {
        { """[{"task_id":""}]""", ["task_id has 0 characters", "1–64"] },
        { """[{"task_id":"a b"}]""", ["task_id", "\"a b\""] },
        { """[{"task_id":"x"},{"task_id":"x"}]""", ["\"x\"", "used 2 times"] },
        { """[{"type":"rm"}]""", ["type \"rm\"", "check_logs", "kubectl_rollout_restart"] },
        { """[{"target":"mars"}]""", ["target \"mars\"", "edge, api, store, cache, queue, worker"] },
        { """[{"assigned_to":"LogAgent"}]""", ["assigned_to is \"LogAgent\"", "MonitorAgent"] },
        { """[{"type":"restart","assigned_to":"ActionAgent","args":{"force":true}}]""", ["args.\"force\"", "unknown", "none"] },
        { """[{"type":"set_env","assigned_to":"ActionAgent"}]""", ["args.name is missing"] },
        { """[{"type":"set_env","assigned_to":"ActionAgent","args":{"name":"PATH"}}]""", ["args.name is \"PATH\"", "STORE_URL, CACHE_URL, PORT"] },
        { """[{"type":"check_logs","assigned_to":"LogAgent","args":{"top_k":2.5}}]""", ["args.top_k is \"2.5\"", "a whole number"] },
        { """[{"type":"check_logs","assigned_to":"LogAgent","args":{"top_k":51}}]""", ["args.top_k is 51", "1–50"] },
        { """[{"type":"check_logs","assigned_to":"LogAgent","args":{"lookback":"soon"}}]""", ["args.lookback is \"soon\"", "a duration"] },
        { """[{"type":"check_logs","assigned_to":"LogAgent","args":{"lookback":"25h"}}]""", ["90000 s", "86400"] },
        { """[{"type":"check_logs","assigned_to":"LogAgent","args":{"pattern":"(("}}]""", ["args.pattern is \"((\"", "not a regular expression"] },
        { """[{"type":"check_metrics","assigned_to":"MetricAgent","args":{"threshold":"high"}}]""", ["args.threshold is \"high\"", "a number"] },
        { """[{"type":"http_check","assigned_to":"ActionAgent","args":{"path":"//evil.example/x"}}]""", ["args.path", "one slash"] },
        { """[{"type":"http_check","assigned_to":"ActionAgent","args":{"path":7}}]""", ["args.path is \"7\"", "a string"] },
        { """[{"type":"exec","assigned_to":"ActionAgent","args":{"command":"rm -rf /"}}]""", ["args.command is \"rm -rf /\""] },
        { """[{"type":"kubectl_rollout_restart","assigned_to":"ActionAgent","args":{"namespace":"-x"}}]""", ["args.namespace is \"-x\""] },
        { """[{"dependencies":["t9"]}]""", ["dependency \"t9\" is unknown"] },
        { """[{"task_id":"t","dependencies":["t"]}]""", ["\"t\"", "depends on itself"] },
        { """[{"task_id":"a","dependencies":["c"]},{"task_id":"b","dependencies":["a"]},{"task_id":"c","dependencies":["b"]}]""", ["a -> c -> b -> a"] },
        { """[{"estimated_cost_ms":-1}]""", ["estimated_cost_ms is -1"] },
        { "[]", ["no clarifying_task"] },
    };

    [Theory]
    [MemberData(nameof(Wrongs))]
    public void Validate_OneMistake_OneReasonThatNamesIt(string tasks, string[] words)
    {
        var reason = Assert.Single(PlanValidator.Validate(Read(tasks), Shop.Site, PlanLimits.Default));
        Assert.All(words, word => Assert.Contains(word, reason, StringComparison.Ordinal));
    }

    [Fact]
    public void Validate_ManyMistakes_NamesAllAtOnce()
    {
        var reasons = PlanValidator.Validate(Read("""[{"task_id":"a","type":"nope","target":"mars","dependencies":["b"]},{"task_id":"a","assigned_to":"x"}]""") with { RootGoal = "", PlanVersion = 0 }, Shop.Site, PlanLimits.Default);
        Assert.Equal(7, reasons.Count);
    }

    [Theory]
    [InlineData(1, 8, true)]
    [InlineData(1, 9, false)]
    [InlineData(2, 16, true)]
    [InlineData(2, 17, false)]
    public void Validate_NumberOfTasks_DependsOnTheVersion(int version, int count, bool valid)
    {
        var tasks = "[" + string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"task_id":"t{{i}}"}""")) + "]";
        Assert.Equal(valid, PlanValidator.Validate(Read(tasks) with { PlanVersion = version }, Shop.Site, PlanLimits.Default).Count == 0);
    }

    [Fact]
    public void Validate_LookAroundPattern_IsAllowed() =>
        Assert.Empty(PlanValidator.Validate(Read("""[{"type":"check_logs","assigned_to":"LogAgent","args":{"pattern":"(?<!no )error"}}]"""), Shop.Site, PlanLimits.Default));

    [Fact]
    public void Validate_QuestionWithoutTasks_IsAllowed() =>
        Assert.Empty(PlanValidator.Validate(Read("[]") with { ClarifyingTask = new ClarifyingTask("q1", "Which shop?") }, Shop.Site, PlanLimits.Default));

    [Fact]
    public void Validate_DependenciesOnEarlierTasks_AreNeverACycle()
    {
        var plans = Gen.ArrayOf(Gen.Choose(0, 1000), 16).Select(numbers => Read("[" + string.Join(',', numbers.Select((n, i) =>
            $$"""{"task_id":"t{{i}}","dependencies":[{{string.Join(',', Enumerable.Range(0, i).Where(d => (n >> d) % 2 == 1).Select(d => $"\"t{d}\""))}}]}""")) + "]"));
        Check(plans, plan => PlanValidator.Validate(plan with { PlanVersion = 2 }, Shop.Site, PlanLimits.Default).Count == 0);
    }

    [Fact]
    public void Validate_RandomPlan_NeverThrowsAndNeverAcceptsNonsense()
    {
        var words = Gen.Elements<string?>("", "t1", "t2", "restart", "set_env", "check_logs", "store", "mars", "LogAgent", "ActionAgent", "\ud800", "((", null);
        var task = words.Five().SelectMany(w => Gen.Choose(-5, 100).Select(n => new PlanTask
        {
            TaskId = w.Item1!,
            Type = w.Item2!,
            Target = w.Item3!,
            AssignedTo = w.Item4!,
            Args = w.Item5 is null ? null! : new Dictionary<string, JsonElement> { [w.Item5] = QuorateJson.ToElement(w.Item1), ["name"] = QuorateJson.ToElement(n) },
            Dependencies = n % 7 == 0 ? null! : [w.Item5!, w.Item1!],
            EstimatedCostMs = n,
        }));
        var plans = Gen.ArrayOf(task).Select(tasks => new Plan { PlanId = "p", RootGoal = "g", CreatedAt = Shop.Now, PlanVersion = 2, Tasks = tasks });
        // Every such task depends on itself, on nothing that exists, or on nothing at all with a wrong argument.
        Check(plans, plan => plan.Tasks.Count == 0 || PlanValidator.Validate(plan, Shop.Site, PlanLimits.Default).Count > 0);
    }

    private static void Check<T>(Gen<T> values, Func<T, bool> holds) =>
        Prop.ForAll(values.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithReplay(42, 43).WithMaxTest(300));

    private static Plan Read(string tasks)
    {
        using var document = JsonDocument.Parse(tasks);
        var number = 0;
        return new Plan
        {
            PlanId = "plan-1",
            RootGoal = "goal",
            CreatedAt = Shop.Now,
            PlanVersion = 1,
            Tasks = [.. document.RootElement.EnumerateArray().Select(t => new PlanTask
            {
                TaskId = t.TryGetProperty("task_id", out var id) ? id.GetString()! : $"t{++number}",
                Type = t.TryGetProperty("type", out var type) ? type.GetString()! : "check_health",
                Target = t.TryGetProperty("target", out var target) ? target.GetString()! : "api",
                AssignedTo = t.TryGetProperty("assigned_to", out var agent) ? agent.GetString()! : "MonitorAgent",
                Args = t.TryGetProperty("args", out var args) ? args.EnumerateObject().ToDictionary(a => a.Name, a => a.Value.Clone()) : [],
                Dependencies = t.TryGetProperty("dependencies", out var needs) ? [.. needs.EnumerateArray().Select(d => d.GetString()!)] : [],
                EstimatedCostMs = t.TryGetProperty("estimated_cost_ms", out var cost) ? cost.GetInt32() : 0,
            })],
        };
    }
}

internal static class GenExtensions
{
    public static Gen<(T Item1, T Item2, T Item3, T Item4, T Item5)> Five<T>(this Gen<T> gen) =>
        Gen.ArrayOf(gen, 5).Select(a => (a[0], a[1], a[2], a[3], a[4]));
}
