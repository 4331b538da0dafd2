using Quorate.Contracts.Coordination;

namespace Quorate.Tests.Unit.Protocol.Hierarchy;

/// <summary>Tasks and agents of these tests.</summary>
internal static class Organisations
{
    public static OrganiseJob Job(string name, string skill, double seconds, params string[] after) => new() { Name = name, Skill = skill, DurationS = seconds, DependsOn = after };

    public static OrganiseTask Task(params OrganiseJob[] jobs) => new() { Name = "test", Jobs = jobs };

    public static AgentProfile Agent(string name, double capacity, params (string Skill, double Value)[] skills) =>
        new() { Name = name, Capacity = capacity, Skills = skills.ToDictionary(s => s.Skill, s => s.Value) };

    public static IReadOnlyList<PastTask> History(int succeeded, int failed) =>
        [.. Enumerable.Range(0, succeeded + failed).Select(i => new PastTask { Succeeded = i < succeeded })];

    /// <summary>Chains of five jobs, side by side: a worker for each.</summary>
    public static IEnumerable<OrganiseJob> Chains(int count, string skill) =>
        Enumerable.Range(0, count).SelectMany(c => Enumerable.Range(0, 5).Select(i => Job($"{skill}{c}.{i}", skill, 600, i == 0 ? [] : [$"{skill}{c}.{i - 1}"])));

    /// <summary>A graph in layers; each job waits for up to three of the jobs before its layer.</summary>
    public static OrganiseTask RandomTask(Random random, int jobs, bool equalLoads)
    {
        var made = new List<OrganiseJob>();
        for (var i = 0; i < jobs; i++)
        {
            var earlier = made.Take(i - (i % 4)).Select(j => j.Name).OrderBy(_ => random.Next()).Take(random.Next(4));
            made.Add(Job($"j{i}", $"s{random.Next(3)}", random.Next(1, 100), [.. earlier]) with { Load = equalLoads ? 1 : random.Next(1, 8) / 4.0, DataGb = random.Next(5) });
        }

        return new OrganiseTask { Name = "random", Jobs = made, Requirements = new OrganiseRequirements { SpanOfControl = random.Next(2, 6) } };
    }

    public static AgentProfile[] RandomAgents(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(i => Agent($"a{i}", random.Next(1, 13) / 4.0,
            [.. Enumerable.Range(0, 3).Where(_ => random.Next(3) > 0).Select(s => ($"s{s}", random.Next(1, 11) / 10.0))]) with { History = History(random.Next(20), random.Next(5)) })];
}
