using System.Text.Json.Serialization;
using Quorate.Lab.Cloud.Hooks;

namespace Quorate.Lab.Cloud.Data;

/// <summary>What a customer sends. Quantity 1–1000; item 1–64 characters.</summary>
internal sealed record NewOrder(string? Item, int Quantity)
{
    /// <summary>What is wrong with it; null when nothing is.</summary>
    public string? Fault() => this switch
    {
        { Item: null or { Length: 0 or > 64 } } => "item must be 1 to 64 characters",
        { Quantity: < 1 or > 1000 } => $"quantity {Quantity} must be from 1 to 1000",
        _ => null,
    };
}

/// <summary>An order as kept. Status is <c>accepted</c> or <c>shipped</c>.</summary>
internal sealed record Order(long Id, string Item, int Quantity, string Status, DateTimeOffset CreatedAt);

/// <summary>What the queue carries.</summary>
internal sealed record OrderMessage(long OrderId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(NewOrder))]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(List<Order>))]
[JsonSerializable(typeof(OrderMessage))]
[JsonSerializable(typeof(HookReport))]
internal sealed partial class CloudJson : JsonSerializerContext;
