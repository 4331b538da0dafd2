using Quorate.Contracts;
using Quorate.Engine.Coordination;

namespace Quorate.Tests.Unit.Coordination;

public class OrganiseTaskReaderTests
{
    private const string Good = """
        {"name":"nightly","requirements":{"span_of_control":4,"deadline_s":90},
         "jobs":[{"name":"a","skill":"etl","duration_s":10,"data_gb":2},{"name":"b","skill":"ml","duration_s":2.5,"depends_on":["a"],"load":0.5}]}
        """;

    [Fact]
    public void Read_GoodFile_HoldsEverything()
    {
        var task = OrganiseTaskReader.Read(Good);
        Assert.Equal(("nightly", 4, 90), (task.Name, task.Requirements.SpanOfControl, task.Requirements.DeadlineS));
        Assert.Equal(("a", "etl", 10, 2, 1), (task.Jobs[0].Name, task.Jobs[0].Skill, task.Jobs[0].DurationS, task.Jobs[0].DataGb, task.Jobs[0].Load));
        Assert.Equal((2.5, 0, 0.5, "a"), (task.Jobs[1].DurationS, task.Jobs[1].DataGb, task.Jobs[1].Load, task.Jobs[1].DependsOn.Single()));
    }

    [Theory]
    [InlineData("\"duration_s\":10", "\"duration_s\":-10", "jobs[0].duration_s is -10; a number above 0")]
    [InlineData("\"duration_s\":10", "\"duration_s\":NaN", "line 2")]
    [InlineData("\"duration_s\":10", "\"duration_s\":1e400", "jobs[0].duration_s is 1e400")]
    [InlineData("\"duration_s\":10,", "", "jobs[0].duration_s is missing")]
    [InlineData("\"data_gb\":2", "\"data_gb\":-2", "jobs[0].data_gb is -2; a number from 0")]
    [InlineData("\"load\":0.5", "\"load\":0", "jobs[1].load is 0; a number above 0")]
    [InlineData("[\"a\"]", "\"a\"", "jobs[1].depends_on is \"a\"; a list")]
    [InlineData("[\"a\"]", "[1]", "jobs[1].depends_on[0] is 1; 1 to 64")]
    [InlineData("\"span_of_control\":4", "\"span_of_control\":1", "requirements.span_of_control is 1; a whole number from 2 to 50")]
    [InlineData("\"span_of_control\":4", "\"span_of_control\":4.5", "requirements.span_of_control is 4.5")]
    [InlineData("\"deadline_s\":90", "\"deadline_s\":0", "requirements.deadline_s is 0")]
    [InlineData("\"deadline_s\":90", "\"budget\":1", "requirements.budget is unknown; span_of_control, deadline_s are allowed")]
    [InlineData("\"skill\":\"ml\"", "\"skill\":\"[red]\"", "jobs[1].skill is \"[red]\"")]
    [InlineData("\"name\":\"nightly\",", "", "name is missing")]
    public void Read_WrongValue_NamesFieldValueAndWhatIsAllowed(string good, string wrong, string expected)
    {
        var error = Assert.Throws<QuorateException>(() => OrganiseTaskReader.Read(Good.Replace(good, wrong, StringComparison.Ordinal)));
        Assert.Equal((ErrorKind.Input, "task_invalid"), (error.Kind, error.Code));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":"n","jobs":[]}""")]
    [InlineData("""{"name":"n","jobs":null}""")]
    [InlineData("null")]
    [InlineData("")]
    public void Read_OtherForm_Refused(string json) =>
        Assert.Equal("task_invalid", Assert.Throws<QuorateException>(() => OrganiseTaskReader.Read(json)).Code);
}
