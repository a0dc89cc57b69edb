function submitOrder(button) {
  button.disabled = true;
  button.form.submit();
}

function removeLine(sku) {
  fetch("/api/cart/" + sku, { method: "DELETE" }).then(() => location.reload());
}

function showPassword(button) {
  button.form.password.type = "text";
}

function confirmCancel(button) {
  if (confirm("Cancel this order?")) {
    button.form.submit();
  }
}
