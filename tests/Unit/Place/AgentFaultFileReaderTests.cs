using System.Text.Json.Nodes;
using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Files;
using Quorate.Tests.Unit.Tidy;

namespace Quorate.Tests.Unit.Place;

public class AgentFaultFileReaderTests
{
    private static readonly ClusterSpec Cluster = Clusters.Of(Clusters.Pool("a", "general", 1, 4, 8), Clusters.Pool("b", "general", 1, 4, 8));

    [Fact]
    public void Faults_EveryField_IsRead()
    {
        var plan = AgentFaultFileReader.Read("""
            {"fault_injection_rate":0.3,"byzantine_probability":0.5,"crash_probability":0.25,"network_partition_rate":0.25,"slow_response_factor":7.5,
             "consensus_timeout":0.5,"max_faulty":2,"min_rounds":3,"max_rounds":9,"schedule":[{"agent":"a","kind":"crash","round":2},{"agent":"b","kind":"collusion","round":7,"rounds":5}]}
            """, Cluster);

        Assert.Equal([new("a", "crash", 2, 1), new("b", "collusion", 7, 5)], plan.Schedule);
        Assert.Equal((0.3, 0.5, 0.25, 0.25, 7.5), (plan.FaultInjectionRate, plan.ByzantineProbability, plan.CrashProbability, plan.NetworkPartitionRate, plan.SlowResponseFactor));
        Assert.Equal((0.5, 2, 3, 9), (plan.ConsensusTimeout, plan.MaxFaulty, plan.MinRounds, plan.MaxRounds));
    }

    [Fact]
    public void Faults_Nothing_IsThePlansDefaults()
    {
        var plan = AgentFaultFileReader.Read("{}", Cluster);

        Assert.Equal(new AgentFaultPlan { Schedule = plan.Schedule }, plan);
        Assert.Empty(plan.Schedule);
    }

    [Theory]
    [InlineData("", "not JSON: it is empty")]
    [InlineData("[]", "the file is a list of 0; an object")]
    [InlineData("""{"fault_rate":0.1}""", "fault_rate is unknown; fault_injection_rate, byzantine")]
    [InlineData("""{"fault_injection_rate":1.01}""", "fault_injection_rate is 1.01; a number from 0 to 1")]
    [InlineData("""{"fault_injection_rate":-0.1}""", "fault_injection_rate is -0.1")]
    [InlineData("""{"fault_injection_rate":"0.1"}""", "fault_injection_rate is \"0.1\"")]
    [InlineData("""{"fault_injection_rate":0.1,"fault_injection_rate":0.2}""", "fault_injection_rate is there twice")]
    [InlineData("""{"byzantine_probability":0.6}""", "sum to 1.1; at most 1")]
    [InlineData("""{"slow_response_factor":0.5}""", "slow_response_factor is 0.5; a number from 1 to 1000")]
    [InlineData("""{"slow_response_factor":1001}""", "slow_response_factor is 1001; a number from 1 to 1000")]
    [InlineData("""{"consensus_timeout":0}""", "consensus_timeout is 0; a number above 0, at most 600,")]
    [InlineData("""{"consensus_timeout":601}""", "consensus_timeout is 601; a number above 0, at most 600,")]
    [InlineData("""{"consensus_timeout":null}""", "consensus_timeout is null")]
    [InlineData("""{"max_faulty":3}""", "max_faulty is 3; a whole number from 0 to 2")]
    [InlineData("""{"max_faulty":0.5}""", "max_faulty is 0.5")]
    [InlineData("""{"min_rounds":5}""", "min_rounds is 5; at most max_rounds, 4")]
    [InlineData("""{"min_rounds":0}""", "min_rounds is 0; a whole number from 1 to 1000")]
    [InlineData("""{"max_rounds":1001}""", "max_rounds is 1001")]
    [InlineData("""{"schedule":{}}""", "schedule is an object; a list is allowed")]
    [InlineData("""{"schedule":[5]}""", "schedule[0] is 5; an object")]
    [InlineData("""{"schedule":[{"kind":"crash","round":1}]}""", "schedule[0].agent is missing")]
    [InlineData("""{"schedule":[{"agent":"a","kind":"crash","round":1},{"agent":"c","kind":"crash","round":1}]}""", "schedule[1].agent is \"c\"; allowed are a, b")]
    [InlineData("""{"schedule":[{"agent":"a","kind":"byzantine","round":1}]}""", "schedule[0].kind is \"byzantine\"; allowed are wrong_vote, equivocation")]
    [InlineData("""{"schedule":[{"agent":"a","kind":"crash"}]}""", "schedule[0].round is missing")]
    [InlineData("""{"schedule":[{"agent":"a","kind":"crash","round":0}]}""", "schedule[0].round is 0")]
    [InlineData("""{"schedule":[{"agent":"a","kind":"crash","round":1,"rounds":1000001}]}""", "schedule[0].rounds is 1000001")]
    public void Faults_Wrong_NameFieldValueAndAllowed(string json, string message)
    {
        var error = Assert.Throws<QuorateException>(() => AgentFaultFileReader.Read(json, Cluster));
        Assert.Equal(ErrorKind.Input, error.Kind);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Faults_ScheduleTooLong_IsRefused()
    {
        var json = $$"""{"schedule":[{{string.Join(',', Enumerable.Repeat("0", AgentFaultPlan.MaxScheduled + 1))}}]}""";
        Assert.Contains("schedule has 1001 entries", Assert.Throws<QuorateException>(() => AgentFaultFileReader.Read(json, Cluster)).Message, StringComparison.Ordinal);
    }

    /// <summary>The schema and the reader are two texts of one form: each bound of the one is tried on the other.</summary>
    [Fact]
    public void Schema_OfFaults_SaysWhatTheReaderDoes()
    {
        var schema = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "docs/schemas/agent-faults.json")))!;
        var fields = schema["properties"]!.AsObject();
        var others = """ "byzantine_probability":0,"crash_probability":0,"network_partition_rate":0,"min_rounds":1,"max_rounds":1000 """;
        var cluster = Clusters.Of([.. Enumerable.Range(0, ClusterSpec.MaxAgents).Select(i => Clusters.Pool($"a{i}", "general", 1, 4, 8))]);
        foreach (var (name, field) in fields.Where(f => f.Value!["type"]!.GetValue<string>() != "array"))
        {
            void Try(decimal value, bool allowed)
            {
                var json = JsonNode.Parse("{" + others + "}")!.AsObject();
                json[name] = value;
                var error = Record.Exception(() => AgentFaultFileReader.Read(json.ToJsonString(), cluster));
                Assert.True(allowed == (error is null), $"{name} = {value}: {error?.Message}");
            }

            var most = field!["maximum"]!.GetValue<decimal>();
            Try(most, allowed: true);
            Try(most + 1, allowed: false);
            Try(field["minimum"]?.GetValue<decimal>() ?? 0.001m, allowed: true);
            Try(field["minimum"]?.GetValue<decimal>() - 0.001m ?? 0, allowed: false);
        }

        var plan = QuorateJson.ToElement(new AgentFaultPlan());
        Assert.All(fields.Where(f => f.Value!["default"] is not null), f => Assert.Equal(f.Value!["default"]!.GetValue<decimal>(), plan.GetProperty(f.Key).GetDecimal()));
        Assert.Equal(plan.EnumerateObject().Select(p => p.Name).Concat(["consensus_timeout", "max_faulty"]).Order(), fields.Select(f => f.Key).Order());
        var scheduled = fields["schedule"]!["items"]!["properties"]!.AsObject();
        Assert.Equal(AgentFaultKinds.All, scheduled["kind"]!["enum"]!.AsArray().Select(k => k!.GetValue<string>()));
        Assert.Equal((AgentFaultPlan.MaxScheduled, AgentFaultPlan.MostScheduledRounds), (fields["schedule"]!["maxItems"]!.GetValue<int>(), scheduled["rounds"]!["maximum"]!.GetValue<int>()));
    }
}
