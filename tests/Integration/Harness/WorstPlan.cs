using System.Text.Json;

namespace Quorate.Tests.Integration.Harness;

/// <summary>What a model says that always proposes the worst allowed: restarts of what works.</summary>
internal static class WorstPlan
{
    private static readonly string[] Down = ["stopped", "missing", "paused"];

    /// <summary>Plans to restart these services, each time others of them first and another number of them, since the same plan again is refused.</summary>
    public static IEnumerable<string> Repeated(int times, params string[] services) =>
        Enumerable.Range(0, times).Select(i => Plan("restart", "ActionAgent", services.Concat(services).Skip(i % services.Length).Take(1 + ((services.Length - 1 + i) % services.Length))));

    /// <summary>A plan that only looks.</summary>
    public static string Looking(params string[] services) => Plan("check_health", "MonitorAgent", services);

    /// <summary>
    /// At the end of a recorded run nobody but the victim is down, those who do not need it work, and nothing is declared
    /// or configured otherwise than before.
    /// </summary>
    public static async Task AssertNoWorseAsync(string record, string victim, string[] independent, CancellationToken token)
    {
        var oracle = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(Path.Combine(record, "oracle.json"), token));
        var last = oracle.GetProperty("failures_at_end").EnumerateArray().Select(f => f.GetString()!.Split(": ", 2)).ToList();
        Assert.DoesNotContain(last, f => f[0] != victim && Down.Contains(f[1]));
        Assert.DoesNotContain(last, f => independent.Contains(f[0]));
        Assert.DoesNotContain(oracle.GetProperty("differences").EnumerateArray(), d => !d.GetString()!.StartsWith(victim, StringComparison.Ordinal));
    }

    private static string Plan(string type, string agent, IEnumerable<string> targets) => JsonSerializer.Serialize(new
    {
        root_goal = "do something",
        root_cause = new { service = targets.First(), cause = "surely this one", confidence = 1 },
        tasks = targets.Select((target, i) => new { task_id = $"t{i}", type, target, dependencies = Array.Empty<string>(), assigned_to = agent }),
    });
}
