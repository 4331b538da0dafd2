using Quorate.Contracts;
using Quorate.Engine.Coordination;
using Quorate.Tests.Unit.Tidy;

namespace Quorate.Tests.Unit.Auctions;

public class AuctionTaskReaderTests
{
    private const string Good = """{"name":"reindex","requirements":{"max_cost":100,"max_duration_s":3600},"criteria_weights":{"cost":0.4,"quality":0.6}}""";

    [Fact]
    public void Read_ShippedExample_WholeTask()
    {
        var task = AuctionTaskReader.Read(File.ReadAllText(Path.Combine(Repository.Root, "lab/workloads/reindex-auction.json")));
        Assert.Equal(("reindex-catalogue", 100.0, 3600.0, 0.5, 1000.0, "indexing"), (task.Name, task.Requirements.MaxCost, task.Requirements.MaxDurationS, task.Requirements.MinQuality, task.Requirements.TargetThroughput, task.Requirements.Skill));
        Assert.Equal((0.4, 0.1), (task.CriteriaWeights["cost"], task.RiskWeight));
    }

    [Theory]
    [InlineData("\"max_cost\":100", "\"max_cost\":0", "requirements.max_cost is 0; a number above 0")]
    [InlineData("\"max_cost\":100", "\"max_cost\":-1", "requirements.max_cost is -1")]
    [InlineData("\"max_cost\":100", "\"max_cost\":1e999", "requirements.max_cost is 1e999")]
    [InlineData("\"max_cost\":100", "\"max_cost\":NaN", "line 1")]
    [InlineData("\"max_cost\":100,", "", "requirements.max_cost is missing")]
    [InlineData("\"max_duration_s\":3600", "\"max_duration_s\":\"long\"", "requirements.max_duration_s is \"long\"")]
    [InlineData("\"max_duration_s\":3600", "\"max_duration_s\":3600,\"min_quality\":1", "requirements.min_quality is 1; a number from 0 up to, not including, 1")]
    [InlineData("\"max_duration_s\":3600", "\"max_duration_s\":3600,\"min_quality\":-0.1", "requirements.min_quality is -0.1; a number from 0 up to, not including, 1")]
    [InlineData("\"cost\":0.4,\"quality\":0.6", "\"cost\":1,\"quality\":1,\"performance\":1,\"reliability\":1,\"innovation\":1,\"beauty\":1", "criteria_weights.beauty is unknown")]
    [InlineData("\"max_duration_s\":3600", "\"max_duration_s\":3600,\"speed\":1", "requirements.speed is unknown")]
    [InlineData("\"cost\":0.4", "\"price\":0.4", "criteria_weights.price is unknown; cost, quality, performance, reliability, innovation are allowed")]
    [InlineData("\"cost\":0.4", "\"cost\":-0.4", "criteria_weights.cost is -0.4")]
    [InlineData("\"cost\":0.4,\"quality\":0.6", "\"cost\":0", "criteria_weights sum to 0")]
    [InlineData("\"cost\":0.4,\"quality\":0.6", "", "criteria_weights sum to 0")]
    [InlineData("\"cost\":0.4,\"quality\":0.6", "\"cost\":1,\"cost\":2", "criteria_weights.cost is there twice")]
    [InlineData("\"name\":\"reindex\"", "\"name\":\"../x\"", "name is \"../x\"")]
    [InlineData("\"name\":\"reindex\"", "\"name\":\"reindex\",\"risk_weight\":0.6", "risk_weight is 0.6")]
    [InlineData("{\"name\"", "[{\"name\"", "line 1, column")]
    public void Read_WrongValue_FieldValueAndWhatIsAllowed(string right, string wrong, string expected)
    {
        Assert.Contains(right, Good, StringComparison.Ordinal);
        var error = Assert.Throws<QuorateException>(() => AuctionTaskReader.Read(Good.Replace(right, wrong, StringComparison.Ordinal)));
        Assert.Equal((ErrorKind.Input, "auction_task_invalid"), (error.Kind, error.Code));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
