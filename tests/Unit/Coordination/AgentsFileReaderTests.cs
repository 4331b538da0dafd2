using Quorate.Contracts;
using Quorate.Engine.Coordination;

namespace Quorate.Tests.Unit.Coordination;

public class AgentsFileReaderTests
{
    private const string Good = """
        {"agents":[
          {"name":"ada","skills":{"etl":0.9,"coordination":1},"capacity":2.5,
           "history":[{"succeeded":true,"quality":0.8,"throughput":12},{"succeeded":false}],
           "bid":{"cost":10,"duration_s":60,"approach":["columnar"],"load":0.4}},
          {"name":"bob"}]}
        """;

    [Fact]
    public void Read_GoodFile_HoldsEverything()
    {
        var agents = AgentsFileReader.Read(Good).Agents;
        Assert.Equal(["ada", "bob"], agents.Select(a => a.Name));
        Assert.Equal((0.9, 2.5, 2), (agents[0].Skills["etl"], agents[0].Capacity, agents[0].History.Count));
        Assert.Equal((0.8, 12, false), (agents[0].History[0].Quality, agents[0].History[0].Throughput, agents[0].History[1].Succeeded));
        Assert.Equal((10, 60, 0.4, "columnar"), (agents[0].Bid!.Cost, agents[0].Bid!.DurationS, agents[0].Bid!.Load, agents[0].Bid!.Approach.Single()));
        Assert.Equal((1, 0, 0), (agents[1].Capacity, agents[1].Skills.Count, agents[1].History.Count));
        Assert.Null(agents[1].Bid);
    }

    [Theory]
    [InlineData("\"name\":\"bob\"", "\"name\":\"ada\"", "agents[1].name is \"ada\"; a name that no other agent has")]
    [InlineData("\"name\":\"bob\"", "\"name\":\"b ob\"", "agents[1].name is \"b ob\"; 1 to 64 letters")]
    [InlineData("\"name\":\"bob\"", "\"name\":\"bob\\n\"", "agents[1].name")]
    [InlineData("\"name\":\"bob\"", "\"name\":\"Ada\"", "agents[1].name is \"Ada\"; a name that no other agent has")]
    [InlineData("\"name\":\"bob\"", "\"name\":\"engine\"", "agents[1].name is \"engine\"; a name that no other")]
    [InlineData("\"name\":\"bob\"", "\"title\":\"bob\"", "agents[1].title is unknown; name, skills, capacity, history, bid are allowed")]
    [InlineData("{\"name\":\"bob\"}", "{}", "agents[1].name is missing")]
    [InlineData("{\"name\":\"bob\"}", "null", "agents[1] is null; an object")]
    [InlineData("\"capacity\":2.5", "\"capacity\":0", "agents[0].capacity is 0; a number above 0, at most 1000000, is allowed")]
    [InlineData("\"capacity\":2.5", "\"capacity\":-1", "agents[0].capacity is -1")]
    [InlineData("\"capacity\":2.5", "\"capacity\":1e999", "agents[0].capacity is 1e999")]
    [InlineData("\"capacity\":2.5", "\"capacity\":NaN", "line 2")]
    [InlineData("\"capacity\":2.5", "\"capacity\":\"NaN\"", "agents[0].capacity is \"NaN\"; a number")]
    [InlineData("\"capacity\":2.5", "\"capacity\":null", "agents[0].capacity is null")]
    [InlineData("\"etl\":0.9", "\"etl\":1.1", "agents[0].skills.etl is 1.1; a number from 0 to 1")]
    [InlineData("\"etl\":0.9", "\"\":0.9", "agents[0].skills.\"\" has another name than is allowed: 1 to 64")]
    [InlineData("\"etl\":0.9", "\"etl\":0.9,\"etl\":0.9", "agents[0].skills.etl is there twice")]
    [InlineData("\"succeeded\":false", "\"succeeded\":0", "agents[0].history[1].succeeded is 0; true or false")]
    [InlineData("\"quality\":0.8", "\"quality\":-0.1", "agents[0].history[0].quality is -0.1")]
    [InlineData("\"cost\":10", "\"cost\":-10", "agents[0].bid.cost is -10")]
    [InlineData("\"cost\":10,", "", "agents[0].bid.cost is missing")]
    [InlineData("\"duration_s\":60", "\"duration_s\":0", "agents[0].bid.duration_s is 0; a number above 0")]
    [InlineData("[\"columnar\"]", "[\"\"]", "agents[0].bid.approach[0] is \"\"; a text of 1 to 64")]
    [InlineData("\"load\":0.4", "\"load\":-1", "agents[0].bid.load is -1")]
    public void Read_WrongValue_NamesFieldValueAndWhatIsAllowed(string good, string wrong, string expected)
    {
        var error = Refused(Good.Replace(good, wrong, StringComparison.Ordinal));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"agents":{}}""")]
    [InlineData("""{"agents":[]}""")]
    [InlineData("""{"agents":[{"name":"a"}],"more":1}""")]
    [InlineData("""{"agents":[{"name":"a"}]} {}""")]
    public void Read_OtherForm_Refused(string json) => Refused(json);

    [Fact]
    public void Read_MoreThanAThousandAgents_Refused()
    {
        string File(int count) => $$"""{"agents":[{{string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"name":"a{{i}}"}"""))}}]}""";
        Assert.Equal(1000, AgentsFileReader.Read(File(1000)).Agents.Count);
        Assert.Contains("agents has 1001 entries; 1 to 1000 are allowed", Refused(File(1001)).Message, StringComparison.Ordinal);
    }

    private static QuorateException Refused(string json)
    {
        var error = Assert.Throws<QuorateException>(() => AgentsFileReader.Read(json));
        Assert.Equal((ErrorKind.Input, "agents_invalid"), (error.Kind, error.Code));
        Assert.Contains("docs/schemas/agents.json", error.Hint!, StringComparison.Ordinal);
        return error;
    }
}
