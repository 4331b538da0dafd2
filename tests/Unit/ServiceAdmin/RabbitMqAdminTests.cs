using Quorate.Platforms.Services;

namespace Quorate.Tests.Unit.ServiceAdmin;

/// <summary>The same answer in the two forms that a broker's programs print it in.</summary>
public sealed class RabbitMqAdminTests
{
    [Theory]
    [InlineData("{ok, [89, 87, 74, 106]}", "YWJj")]
    [InlineData("{ok, \"YWJj\"}\n", "YWJj")]
    [InlineData("{ok, [89, 300]}", null)]
    [InlineData("{ok, []}", null)]
    [InlineData("{ok, [89, 87", null)]
    [InlineData("{ok, #Bin<89,87,...>}", null)]
    [InlineData("{error, \"*** eval: undef\"}", null)]
    [InlineData("", null)]
    public void Listed_OfErlCall_IsItsTextOrNone(string printed, string? text) => Assert.Equal(text, RabbitMqAdmin.Listed(printed));

    [Theory]
    [InlineData("<<\"YWJj\">>\n", "YWJj")]
    [InlineData("<<\"YW\"\n  \"Jj\">>\n", "YWJj")]
    [InlineData("Error: unable to connect", "")]
    public void Quoted_OfRabbitmqctl_IsItsText(string printed, string text) => Assert.Equal(text, RabbitMqAdmin.Quoted(printed));
}
