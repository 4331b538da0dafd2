using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Votes;

namespace Quorate.Tests.Unit.Place;

public class VoteParserTests
{
    private const string Good = """{"vote":"accept","confidence":0.8,"reasoning":"fits"}""";

    [Theory]
    [InlineData("strict", Good, "strict_json", 0.8)]
    [InlineData("spaces around", "\n  " + Good + " \r\n", "strict_json", 0.8)]
    [InlineData("capitals", """{"Vote":"ACCEPT","Confidence":0.8,"Reasoning":"fits"}""", "strict_json", 0.8)]
    [InlineData("full stop", """{"vote":"Accepted.","confidence":"0.8","reasoning":"fits"}""", "strict_json", 0.8)]
    [InlineData("the same vote twice", """{"vote":"accept","vote":"accept","confidence":0.8,"reasoning":"fits"}""", "strict_json", 0.8)]
    [InlineData("reasoning with a vote", """{"vote":"accept","confidence":0.8,"reasoning":"fits","note":"{\"vote\":\"reject\"}"}""", "strict_json", 0.8)]
    [InlineData("after thoughts", "<think>Vote: reject? {\"vote\":\"reject\"}</think>\n" + Good, "strict_json", 0.8)]
    [InlineData("percent in JSON", """{"vote":"accept","confidence":"80 % ","reasoning":"fits"}""", "strict_json", 0.8)]
    [InlineData("confidence 80", """{"vote":"accept","confidence":80,"reasoning":"fits"}""", "strict_json", 0.5)]
    [InlineData("confidence below 0", """{"vote":"accept","confidence":-0.1,"reasoning":"fits"}""", "strict_json", 0.5)]
    [InlineData("confidence beyond doubles", """{"vote":"accept","confidence":1e400,"reasoning":"fits"}""", "strict_json", 0.5)]
    [InlineData("confidence NaN as text", """{"vote":"accept","confidence":"NaN","reasoning":"fits"}""", "strict_json", 0.5)]
    [InlineData("confidence NaN", """{"vote":"accept","confidence":NaN,"reasoning":"fits"}""", "key_value", 0.5)]
    [InlineData("confidence missing", """{"vote":"accept","reasoning":"fits"}""", "strict_json", 0.5)]
    [InlineData("confidence null", """{"vote":"accept","confidence":null,"reasoning":"fits"}""", "strict_json", 0.5)]
    [InlineData("confidence twice", """{"vote":"accept","confidence":0.8,"confidence":0.2,"reasoning":"fits"}""", "strict_json", 0.5)]
    [InlineData("fenced", "Here it is:\n```json\n" + Good + "\n```\nThanks.", "fenced", 0.8)]
    [InlineData("fenced, no language", "```\n" + Good + "\n```", "fenced", 0.8)]
    [InlineData("fenced on one line", "```json " + Good + "```", "fenced", 0.8)]
    [InlineData("fenced twice, agreeing", "```json\n" + Good + "\n```\nagain\n```\n" + Good + "\n```", "fenced", 0.8)]
    [InlineData("fence without end", "```json\n" + Good, "embedded", 0.8)]
    [InlineData("in prose", "I say " + Good + " and that is all.", "embedded", 0.8)]
    [InlineData("trailing comma", """{"vote":"accept","confidence":0.8,"reasoning":"fits",}""", "embedded", 0.8)]
    [InlineData("comment", "{\"vote\":\"accept\", // sure\n\"confidence\":0.8,\"reasoning\":\"fits\"}", "embedded", 0.8)]
    [InlineData("two that agree", Good + "\n" + Good, "embedded", 0.8)]
    [InlineData("in a list", "[" + Good + "]", "embedded", 0.8)]
    [InlineData("inside an object", "{\"answer\":" + Good + "}", "embedded", 0.8)]
    [InlineData("brace in prose", "With {3 nodes: " + Good, "embedded", 0.8)]
    [InlineData("brace in a text", """So: {"vote":"accept","confidence":0.8,"reasoning":"fits","note":"} {"} done""", "embedded", 0.8)]
    [InlineData("lines", "Vote: accept\nConfidence: 0.8\nReasoning: fits", "key_value", 0.8)]
    [InlineData("lines of CRLF", "Vote: accept\r\nConfidence: 0.8\r\nReasoning: fits\r\n", "key_value", 0.8)]
    [InlineData("equals signs", "vote = accept\nconfidence = .8\nreasoning = fits", "key_value", 0.8)]
    [InlineData("Markdown", "**Vote**: accept\n**Confidence**: 80%\n**Reasoning**: fits", "key_value", 0.8)]
    [InlineData("Markdown, colon inside", "- **Vote:** **Accept**\n- **Confidence:** 80 %\n- **Reasoning:** fits", "key_value", 0.8)]
    [InlineData("one line", "Vote: accept, confidence: 0.8, reasoning: fits", "key_value", 0.8)]
    [InlineData("one line of sentences", "Vote: accept. Confidence: 0.8. Reasoning: fits", "key_value", 0.8)]
    [InlineData("confidence first", "confidence: 0.8, vote: accept\nreasoning: fits", "key_value", 0.8)]
    [InlineData("1 of 10", "Vote: accept\nConfidence: 1/10\nReasoning: fits", "key_value", 0.5)]
    [InlineData("two confidences", "Vote: accept\nConfidence: 0.8\nConfidence: 0.2\nReasoning: fits", "key_value", 0.5)]
    [InlineData("single quotes", "{'vote': 'accept', 'confidence': 0.8, 'reasoning': 'fits'}", "key_value", 0.8)]
    [InlineData("no quotes", "{vote: accept, confidence: 0.8, reasoning: fits}", "key_value", 0.8)]
    [InlineData("cut in the reasoning", """{"vote":"accept","confidence":0.8,"reasoning":"fits""", "key_value", 0.8)]
    [InlineData("line feed in a text", "{\"vote\":\"accept\",\"confidence\":0.8,\"reasoning\":\"fits\nwell\"}", "key_value", 0.8)]
    public void Answer_StatesAccept_IsReadByTheStrategyThatFitsIt(string name, string answer, string strategy, double confidence)
    {
        var reading = VoteParser.Read(answer);

        Assert.True(strategy == reading.Strategy, $"{name}: {reading.Strategy}: {string.Join("; ", reading.Tried)}");
        Assert.Equal((AgentVote.Accept, confidence, "fits"), (reading.Vote!, reading.Confidence, reading.Reasoning));
        Assert.StartsWith(strategy + ": accept", reading.Tried[^1], StringComparison.Ordinal);

        var opposite = VoteParser.Read(Opposite(answer));
        Assert.Equal((AgentVote.Reject, strategy, confidence), (opposite.Vote!, opposite.Strategy!, opposite.Confidence));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n\t ")]
    [InlineData("null")]
    [InlineData("\"accept\"")]
    [InlineData("accept")]
    [InlineData("I accept.")]
    [InlineData("{}")]
    [InlineData("""{"vote":null}""")]
    [InlineData("""{"vote":true}""")]
    [InlineData("""{"vote":["accept"]}""")]
    [InlineData("""{"vote":{"vote":"accept"}}""")]
    [InlineData("""{"vote":"maybe","confidence":0.9,"reasoning":"r"}""")]
    [InlineData("""{"vote":"accept/reject","confidence":0.9,"reasoning":"r"}""")]
    [InlineData("""{"vote":"not accept"}""")]
    [InlineData("""{"decision":"accept"}""")]
    [InlineData("""{"vote":"acc""")]
    [InlineData("""{"vote":"accept""")]
    [InlineData("""{"vote":""")]
    [InlineData("Vote: I would not accept")]
    [InlineData("Vote: not accept")]
    [InlineData("Vote: accept/reject")]
    [InlineData("Vote: accept or reject")]
    [InlineData("Vote: \"accept\" or \"reject\"")]
    [InlineData("Vote: accept | reject")]
    [InlineData("Vote: reject? No, accept")]
    [InlineData("Vote: accept, no, reject")]
    [InlineData("Vote: accept if there are no others")]
    [InlineData("Vote: unacceptable")]
    [InlineData("Vote: acceptable")]
    [InlineData("Vote:")]
    [InlineData("My vote: accept")]
    [InlineData("If it were full, vote: reject")]
    [InlineData("Reasoning: were it full, vote: reject")]
    [InlineData("Do not vote: accept")]
    [InlineData("<think>" + Good)]
    [InlineData("<think>" + Good + "</think>")]
    public void Answer_StatesNoVote_IsNone(string answer) => AssertNone(VoteParser.Read(answer));

    [Theory]
    [InlineData("""{"vote":"accept","vote":"reject"}""")]
    [InlineData("""{"vote":"accept","Vote":"reject"}""")]
    [InlineData("""{"vote":"accept","vote":"maybe"}""")]
    [InlineData(Good + """{"vote":"reject"}""")]
    [InlineData("First " + Good + ", no: " + """{"vote":"reject"}""")]
    [InlineData("```json\n" + Good + "\n```\n```json\n{\"vote\":\"reject\"}\n```")]
    [InlineData("```json\n" + Good + "\n```\nor rather {\"vote\":\"reject\"}")]
    [InlineData("```json\n" + Good + "\n```\nVote: reject")]
    [InlineData("Vote: reject\n" + Good)]
    [InlineData("Vote: accept\nVote: reject")]
    [InlineData("{\"vote\":\"accept\",\"reasoning\":\"cut {\"vote\":\"reject\"")]
    public void Answer_ContradictsItself_IsNone(string answer)
    {
        var reading = VoteParser.Read(answer);

        AssertNone(reading);
        Assert.Contains("contradict", reading.Tried[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", 20_000)]
    [InlineData("}", 20_000)]
    [InlineData("```{", 5_000)]
    [InlineData("{\"vote\":", 2_500)]
    [InlineData("\"{\\", 6_000)]
    [InlineData("vote: ", 3_300)]
    [InlineData("confidence: 1", 1_500)]
    [InlineData("**vote", 3_300)]
    [InlineData(" \t", 10_000)]
    [InlineData("accept reject ", 1_400)]
    public void Noise_OfTwentyThousandCharacters_IsNoneAtOnce(string noise, int times)
    {
        var answer = string.Concat(Enumerable.Repeat(noise, times));
        var reading = VoteParser.Read(answer);

        AssertNone(reading);
        Assert.InRange(reading.Tried.Count, 1, 4);
    }

    [Fact]
    public void Answer_LongerThanIsRead_IsNone()
    {
        var reading = VoteParser.Read(Good + new string('x', 20_000) + """{"vote":"reject"}""");

        AssertNone(reading);
        Assert.Contains("more than 20000", Assert.Single(reading.Tried), StringComparison.Ordinal);
    }

    [Fact]
    public void Answer_BehindLongThoughts_IsRead() =>
        Assert.Equal("strict_json", VoteParser.Read("<think>" + new string('x', 50_000) + "</think>" + Good).Strategy);

    [Fact]
    public void Answer_RandomCharacters_NeverThrows()
    {
        const string Alphabet = "{}\"':,=vote:accept\\u\ud800\udc00\0\n\r\t`*%0.9e- <think>/[]";
        var random = new Random(11);
        for (var i = 0; i < 3000; i++)
        {
            var reading = VoteParser.Read(new string([.. Enumerable.Range(0, random.Next(200)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]));
            Assert.Equal(reading.Vote is null, reading.Strategy is null);
        }
    }

    [Theory]
    [InlineData("""{"vote":"accept","confidence":0.8,"reasoning":"a\u001b[31mb\u0007\u202ec\nd"}""", "strict_json", "ab\uFFFD\uFFFDc d")]
    [InlineData("{\"vote\":\"accept\",\"confidence\":0.8,\"reasoning\":\"a\u0007b\"}", "key_value", "a\uFFFDb")]
    [InlineData("""{"vote":"accept","confidence":0.8,"reasoning":"a\ud800b"}""", "strict_json", "a\\ud800b")]
    public void Reasoning_HostileCharacters_AreCleaned(string answer, string strategy, string reasoning)
    {
        var reading = VoteParser.Read(answer);

        Assert.Equal((AgentVote.Accept, strategy, 0.8, reasoning), (reading.Vote!, reading.Strategy!, reading.Confidence, reading.Reasoning));
    }

    [Fact]
    public void Reasoning_HalfASurrogatePair_IsReplaced()
    {
        var reading = VoteParser.Read("{\"vote\":\"accept\",\"confidence\":0.8,\"reasoning\":\"a\ud800b\"}");

        Assert.Equal((AgentVote.Accept, "key_value", 0.8, "a\uFFFDb"), (reading.Vote!, reading.Strategy!, reading.Confidence, reading.Reasoning));
    }

    [Fact]
    public void Reasoning_Long_IsCut() =>
        Assert.Equal(VoteParser.MaxReasoning + 1, VoteParser.Read($$"""{"vote":"accept","confidence":1,"reasoning":"{{new string('r', 5000)}}"}""").Reasoning.Length);

    private static void AssertNone(VoteReading reading)
    {
        Assert.Null(reading.Vote);
        Assert.Null(reading.Strategy);
        Assert.NotEmpty(reading.Tried);
    }

    private static string Opposite(string answer) =>
        answer.Replace("reject", "?", StringComparison.Ordinal).Replace("accept", "reject", StringComparison.Ordinal).Replace("Accept", "Reject", StringComparison.Ordinal).Replace("ACCEPT", "REJECT", StringComparison.Ordinal).Replace("?", "accept", StringComparison.Ordinal);
}
