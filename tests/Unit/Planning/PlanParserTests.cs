using Quorate.Contracts;
using Quorate.Engine.Triage.Planning;
using Quorate.Engine.Triage.Planning.Parsing;
using Quorate.Engine.Triage.Planning.Validation;

namespace Quorate.Tests.Unit.Planning;

public sealed class PlanParserTests
{
    private const string One = """{"task_id":"t1","type":"check_health","target":"api","assigned_to":"MonitorAgent"}""";
    private const string Good = "{\"root_goal\":\"look\",\"tasks\":[" + One + "]}";
    private static readonly PlanDefaults Defaults = new("plan-1", Shop.Now, 3);

    /// <summary>Text, the repair it needs (empty: none), tasks that remain.</summary>
    public static TheoryData<string, string, int> Repairable => new()
    {
        { Good, "", 1 },
        { "```json\n" + Good + "\n```", "code fences", 1 },
        { "Sure! Here is {the plan}:\n" + Good + "\nGood luck!", "text around", 1 },
        { "<think>maybe " + Good.Replace("look", "think") + "</think>" + Good, "text around", 1 },
        { Good.Replace("[", "[ // tasks\n").Replace("look\",", "look\", /* so */"), "comment", 1 },
        { Good.Replace("]}", ",],}"), "trailing comma", 1 },
        { Good.Replace('"', '\''), "quotation marks", 1 },
        { Good.Replace("\"look\"", "“look”"), "quotation marks", 1 },
        { Good.Replace("\"look\"", "'it's a look'"), "quotation marks", 1 },
        { Good.Replace("}]", ",\"args\":None}]"), "Python", 1 },
        { Good.Replace("look", "look\nhere\there"), "control character", 1 },
        { Good.Replace("look", "\\d+ \\s"), "stray backslash", 1 },
        { Good[..^1], "truncated tail", 1 },
        { "{\"root_goal\":\"look\",\"tasks\":[" + One + "," + One[..30], "unfinished last task", 1 },
        { "{\"root_goal\":\"look\",\"tasks\":[" + One + "," + One[..^1] + ",\"args\":{\"pattern\":\"ab", "unfinished last task", 1 },
        { "{\"tasks\":[" + One + "],\"root_goal\":\"loo", "truncated tail", 1 },
    };

    [Theory]
    [MemberData(nameof(Repairable))]
    public void Parse_SmallMistake_IsRepairedAndReported(string text, string repair, int tasks)
    {
        var result = PlanParser.Parse(text, Defaults);
        Assert.Empty(result.Reasons);
        Assert.Equal(tasks, result.Plan!.Tasks.Count);
        Assert.Empty(PlanValidator.Validate(result.Plan, Shop.Site, PlanLimits.Default));
        if (repair.Length == 0)
        {
            Assert.Empty(result.Repairs);
        }
        else
        {
            Assert.Contains(result.Repairs, r => r.Contains(repair, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("", "no JSON object")]
    [InlineData("I cannot help with that.", "no JSON object")]
    [InlineData("{\"a\":1}", "has none of tasks")]
    [InlineData("{\"tasks\" [}", "beyond small repairs")]
    [InlineData("{\"root_goal\":\"x\",\"tasks\":[1]}", "tasks[0] is a number")]
    [InlineData("{\"root_goal\":\"x\",\"tasks\":\"none\"}", "tasks is a string")]
    [InlineData("{\"tasks\":[]}", "root_goal is missing")]
    [InlineData("{\"root_goal\":\"x\",\"tasks\":[],\"tasks\":[]}", "uplicate")]
    [InlineData("{\"root_goal\":\"x\",\"tasks\":[{\"task_id\":\"a\",\"shell\":\"rm\"}]}", "field \"shell\" is unknown")]
    [InlineData("{\"root_goal\":\"x\",\"tasks\":[{\"task_id\":\"a\",\"type\":\"restart\",\"target\":\"api\",\"assigned_to\":\"x\",\"dependencies\":\"b\"}]}", "dependencies is a string")]
    [InlineData("{\"root_goal\":\"x\",\"plan_version\":1.5,\"tasks\":[]}", "plan_version is \"1.5\"")]
    [InlineData("{\"root_goal\":\"x\",\"created_at\":\"soon\",\"tasks\":[]}", "created_at")]
    public void Parse_NoPlan_SaysWhy(string text, string reason)
    {
        var result = PlanParser.Parse(text, Defaults);
        Assert.Null(result.Plan);
        Assert.Contains(result.Reasons, r => r.Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public void Parse_TwoPlans_Refused() => Assert.Contains("more than one plan", Assert.Single(PlanParser.Parse(Good + "\n" + Good, Defaults).Reasons), StringComparison.Ordinal);

    [Fact]
    public void Parse_MissingHead_IsFilledByCode()
    {
        var plan = PlanParser.Parse(Good, Defaults).Plan!;
        Assert.Equal(("plan-1", Shop.Now, 3), (plan.PlanId, plan.CreatedAt, plan.PlanVersion));
    }

    [Theory]
    [InlineData(false, "own", 9)]
    [InlineData(true, "plan-1", 3)]
    public void Parse_GivenHead_IsBelievedUnlessOverridden(bool overridden, string id, int version)
    {
        var plan = PlanParser.Parse(Good.Replace("{\"root_goal", "{\"plan_id\":\"own\",\"plan_version\":9,\"created_at\":\"2026-01-01T00:00:00Z\",\"mood\":1,\"root_goal"), Defaults with { Override = overridden }).Plan!;
        Assert.Equal((id, version), (plan.PlanId, plan.PlanVersion));
    }

    [Theory]
    [InlineData("""{"root_goal":"x","tasks":[],"clarifying_task":{"task_id":"q","question":"which?"}}""")]
    [InlineData("""{"root_goal":"x","tasks":[{"clarifying_task":{"task_id":"q","question":"which?"}}]}""")]
    [InlineData("""{"root_goal":"x","tasks":[{"task_id":"q","type":"clarifying_task","question":"which?"}]}""")]
    public void Parse_Question_AtTopOrAmongTheTasks(string text)
    {
        var plan = PlanParser.Parse(text, Defaults).Plan!;
        Assert.Empty(plan.Tasks);
        Assert.Equal(new Contracts.Plans.ClarifyingTask("q", "which?"), plan.ClarifyingTask);
    }

    [Fact]
    public void Parse_TooLongOrTooDeep_Refused()
    {
        Assert.Contains("longer than", Assert.Single(PlanParser.Parse(new string('x', PlanParser.MaxBytes + 1), Defaults).Reasons), StringComparison.Ordinal);
        Assert.NotEmpty(PlanParser.Parse("{\"tasks\":" + new string('[', 100_000), Defaults).Reasons);
        Assert.NotEmpty(PlanParser.Parse(string.Concat(Enumerable.Repeat("{\"tasks\":", 20_000)), Defaults).Reasons);
    }

    [Fact]
    public void Parse_SerializedPlan_IsReadBackTheSame()
    {
        var plan = PlanParser.Parse(Good, Defaults).Plan!;
        Assert.Equal(QuorateJson.Serialize(plan), QuorateJson.Serialize(PlanParser.Parse(QuorateJson.Serialize(plan), new PlanDefaults("x", default, 1)).Plan));
    }

    [Fact]
    public void Parse_MutatedText_EndsQuicklyWithPlanOrReasons()
    {
        var random = new Random(7);
        var pieces = new[] { "{", "}", "[", "]", "\"", "'", "“", ",", ":", "\\", "\\u", "//", "/*", "\\ud800", "\\ud83d\\ude00", "\n", "True", "1e", "-", "</think>", "```", "\0", "\ud800", "tasks" };
        for (var run = 0; run < 3000; run++)
        {
            var text = Good;
            for (var edit = random.Next(1, 6); edit > 0; edit--)
            {
                var at = random.Next(text.Length + 1);
                text = random.Next(3) switch
                {
                    0 => text[..at],
                    1 => text.Insert(at, pieces[random.Next(pieces.Length)]),
                    _ => text.Remove(at, Math.Min(random.Next(4), text.Length - at)),
                };
            }

            var result = PlanParser.Parse(text, Defaults);
            Assert.True(result.Plan is null == result.Reasons.Count > 0, text);
            if (result.Plan is { } plan)
            {
                PlanValidator.Validate(plan, Shop.Site, PlanLimits.Default);
                QuorateJson.Serialize(plan);
            }
        }
    }

    [Fact]
    public void Parse_CutAnywhere_NeverRunsHalfATask()
    {
        var whole = Good.Replace("]}", "," + One.Replace("t1", "t2").Replace("}", ",\"args\":{},\"dependencies\":[\"t1\"]}") + "]}");
        for (var length = 1; length < whole.Length; length++)
        {
            var plan = PlanParser.Parse(whole[..length], Defaults).Plan;
            Assert.True(plan is null || plan.Tasks.All(t => t.AssignedTo == "MonitorAgent" && (t.TaskId != "t2" || t.Dependencies.Count == 1)), whole[..length]);
        }
    }

    [Fact]
    public void Parse_LargestHostileText_IsRefusedWithoutEndlessWork()
    {
        foreach (var text in new[] { string.Concat(Enumerable.Repeat("{'a':", 50_000)), string.Concat(Enumerable.Repeat("{\"a\":'x ", 30_000)), "{" + string.Concat(Enumerable.Repeat("/**/", 60_000)), new string('“', 80_000) })
        {
            Assert.Null(PlanParser.Parse(text, Defaults).Plan);
        }
    }
}
